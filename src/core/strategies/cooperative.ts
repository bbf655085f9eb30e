/** A small model in the tab speaks where it is sure and asks the edge where it is not. Lossy by design. */
import { LOOKUP } from "../speculation/lookup.ts";
import type { StrategyFacts } from "./facts.ts";
import { atEdge, wholeOf } from "./hops.ts";
import { EDGE_KEYS } from "./key-groups.ts";

export const cooperative: StrategyFacts<"cooperative"> = {
  name: "cooperative",
  label: "Cooperative, lossy",
  inWords: "A small model in this tab answers, and asks the large one on a server where it is unsure.",
  listed: true,
  uncut: "drafts in this tab, the model at the edge",
  where: ({ draftModel }) => `, ${draftModel} in this tab where it is sure`,
  reads: ["draftModel", "threshold", ...EDGE_KEYS, "threads"],
  conflict: ({ draftModel }) =>
    draftModel === LOOKUP
      ? {
          code: "keys-conflict",
          keys: ["mode", "draftModel"],
          why: "what is looked up says nothing by itself, so it cannot speak unchecked; mode=speculative does that",
        }
      : null,
  place: (at, blocks) => [atEdge(wholeOf(blocks), at)],
  cut: "none",
  plain: null,
  returns: false,
  chains: false,
  movable: false,
  handle: "past-the-ends",
  needs: { host: true, edge: true, generator: false },
  yields: "tokens",
  crosses: "when-unsure",
  drafts: { where: "device", with: "model", judged: "when-unsure" },
  lossless: "lossy",
  checked: "edge",
  reusable: false,
  unrepeatable: "what it asks depends on how busy the edge is, so what one device asked alone says nothing",
  faults: [],
};
