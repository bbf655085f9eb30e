/** The views with an address of their own (`view=…`): a room is one file and one row here. */
import type { ComponentType } from "react";
import type { Level, ViewName } from "#core/run/config/address.ts";
import { later, NotLoaded } from "./later.tsx";

interface Room {
  /** As it stands in the bar at the top; null where another view leads to it. */
  readonly name: string | null;
  /** From which level on it stands there; its address opens it at any. */
  readonly from: Level;
  readonly Room: ComponentType;
}

export const ROOMS: Readonly<Record<ViewName, Room>> = {
  about: { name: "About", from: "beginner", Room: later(() => import("./about/about.tsx"), NotLoaded) },
};
