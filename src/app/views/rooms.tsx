/** The views with an address of their own (`view=…`): a room is one file and one row here. */
import { lazy, type ComponentType } from "react";
import type { ViewName } from "#core/run/config/address.ts";

interface Room {
  /** As it stands in the bar at the top; null where another view leads to it. */
  readonly name: string | null;
  readonly Room: ComponentType;
}

export const ROOMS: Readonly<Record<ViewName, Room>> = {
  about: { name: "About", Room: lazy(() => import("./about/about.tsx")) },
};
