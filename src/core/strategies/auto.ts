/**
 * The planner measures both tiers and chooses one of the plain strategies under limits; what it chose
 * runs in this one's place. Until then it stands for a cut, and its traits are those of one.
 */
import type { RunConfig } from "../run/config.ts";
import type { Failure } from "../run/failure.ts";
import type { StrategyFacts } from "./facts.ts";
import { EDGE_KEYS } from "./key-groups.ts";
import { split } from "./split.ts";

export const auto: StrategyFacts<"auto"> = {
  ...split,
  name: "auto",
  label: "Planned",
  inWords: "The planner divides the model as it measures to be best.",
  reads: [
    "codec",
    ...EDGE_KEYS,
    "threads",
    "maxDeviceMb",
    "minDeviceBlocks",
    "maxEdgeKvMb",
    "busyClients",
    "objective",
    "maxTpotMs",
    "codecs",
  ],
  conflict: limitConflict,
  cut: "planned",
  plain: null,
  chains: false,
  movable: false,
  faults: [],
};

function limitConflict({ objective, maxTpotMs, moves, clients }: RunConfig): Failure | null {
  if (clients > 1)
    return {
      code: "keys-conflict",
      keys: ["mode", "clients"],
      why: "simulated devices repeat one cut's messages; what mode=auto plans for is busyClients",
    };
  if (moves !== undefined)
    return { code: "keys-conflict", keys: ["mode", "moves"], why: "mode=auto moves the cut by itself" };
  if (objective === "least-edge-compute" && maxTpotMs === 0)
    return {
      code: "keys-conflict",
      keys: ["objective", "maxTpotMs"],
      why: "least edge compute needs a time per token to keep to, or device-only always wins",
    };
  return null;
}
