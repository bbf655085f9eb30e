/** All of the model in the tab: no edge server is asked for anything. */
import type { StrategyFacts } from "./facts.ts";
import { onDevice, wholeOf } from "./hops.ts";

export const deviceOnly: StrategyFacts<"device-only"> = {
  name: "device-only",
  label: "Device only",
  inWords: "All of this model runs in this tab.",
  listed: true,
  uncut: "all of it in this tab",
  where: () => ", all in this tab",
  reads: ["threads"],
  conflict: () => null,
  place: (_at, blocks) => [onDevice(wholeOf(blocks))],
  cut: "none",
  plain: "device",
  returns: false,
  chains: false,
  movable: false,
  handle: "past-the-ends",
  needs: { host: true, edge: false, generator: false },
  yields: "tokens",
  crosses: "never",
  drafts: null,
  lossless: "exact",
  checked: "device",
  reusable: true,
  unrepeatable: "it asks nothing of the edge",
  faults: ["rewind-short"],
};
