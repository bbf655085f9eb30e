/** The same model in somebody else's runtime, transformers.js, in the tab. */
import type { StrategyFacts } from "./facts.ts";
import { onDevice, wholeOf } from "./hops.ts";

export const baseline: StrategyFacts<"baseline"> = {
  name: "baseline",
  label: "transformers.js",
  inWords: "All of this model runs in this tab, on transformers.js.",
  listed: true,
  uncut: "all of it in this tab",
  where: () => " with transformers.js in this tab",
  reads: ["threads"],
  conflict: ({ kvCache }) =>
    kvCache
      ? null
      : { code: "keys-conflict", keys: ["mode", "kvCache"], why: "transformers.js always keeps its cache" },
  place: (_at, blocks) => [onDevice(wholeOf(blocks))],
  cut: "none",
  plain: null,
  returns: false,
  chains: false,
  movable: false,
  handle: "past-the-ends",
  needs: { host: false, edge: false, generator: true },
  yields: "tokens",
  crosses: "never",
  drafts: null,
  lossless: "exact",
  checked: "device",
  reusable: true,
  unrepeatable: "it asks nothing of the edge",
  faults: [],
};
