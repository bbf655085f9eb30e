/** How the planner comes to its choice. */
import type { Entry } from "./entry.ts";

export const PLANNING = {
  planner: {
    term: "planner",
    short: "What weighs every way to run a model under the limits that were set, and chooses one.",
  },
  plan: {
    term: "plan",
    short: "The planner's choice, with the runner-up, what binds, and every option's modelled times.",
  },
  forecast: {
    term: "forecast",
    short: "What a run would take at each cut, modelled from earlier measurements.",
    unit: "ms",
  },
  calibration: { term: "calibration", short: "The short runs that measure both tiers and the link before planning." },
  objective: {
    term: "objective",
    short: "What the planner makes as small as it can.",
    names: ["least-time", "least-edge-compute"],
  },
  limit: {
    term: "limit",
    short: "What a plan must keep to, such as the memory of the tab.",
    names: ["maxDeviceMb", "minDeviceBlocks", "maxEdgeKvMb", "busyClients", "maxTpotMs"],
  },
  replanning: {
    term: "re-planning",
    short: "Planning again during an answer, because the link changed or round trips drifted.",
    names: ["revisions"],
  },
  bottleneck: { term: "bottleneck", short: "The largest part of a token's time: what binds the run." },
  breakEven: {
    term: "break-even",
    short: "The round trip at which two strategies take equally long, modelled.",
    unit: "ms",
  },
} as const satisfies Readonly<Record<string, Entry>>;
