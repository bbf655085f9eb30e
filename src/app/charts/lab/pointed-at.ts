/** From a layer inside a chart to the panel around it: which point is pointed at. */
import { createContext } from "react";
import type { Spot } from "./nearest-point.tsx";

export const PointedAt = createContext<(spot: Spot | null) => void>(() => undefined);
