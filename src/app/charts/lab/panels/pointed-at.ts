/** From a layer inside a chart to the panel around it: which point is pointed at. */
import { createContext } from "react";
import type { Readout } from "../../readout/readout.tsx";
import type { Place } from "../frame/area.ts";

export interface Spot extends Place {
  readonly readout: Readout;
}

export const PointedAt = createContext<(spot: Spot | null) => void>(() => undefined);
