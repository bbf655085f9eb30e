/** The views with an address of their own (`view=…`): a room is one file and one row here. */
import type { ComponentType } from "react";
import type { Level, ViewName } from "#core/run/config/address.ts";
import { later, NotLoaded } from "./later.tsx";

export interface Room {
  /** As it stands in the bar at the top. */
  readonly name: string;
  /** From which level on it stands there; null where another view leads to it. While it is open it stands there at any. */
  readonly from: Level | null;
  /** Fills the screen: the bar and the foot are left out. */
  readonly fills: boolean;
  readonly Room: ComponentType;
}

export const ROOMS: Readonly<Record<ViewName, Room>> = {
  edge: { name: "Edge", from: "expert", fills: false, Room: later(() => import("./edge/edge-view.tsx"), NotLoaded) },
  projector: {
    name: "Projector",
    from: null,
    fills: true,
    Room: later(() => import("./projector/projector.tsx"), NotLoaded),
  },
  class: { name: "Class", from: null, fills: false, Room: later(() => import("./class/class-view.tsx"), NotLoaded) },
  history: {
    name: "Earlier runs",
    from: null,
    fills: false,
    Room: later(() => import("./history/history-view.tsx"), NotLoaded),
  },
  about: { name: "About", from: "beginner", fills: false, Room: later(() => import("./about/about.tsx"), NotLoaded) },
};
