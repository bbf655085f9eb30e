/** Both models at the edge: speculation without a round trip a window, which is what drafting in the tab has to beat. */
import { LOOKUP } from "../speculation/lookup.ts";
import type { StrategyFacts } from "./facts.ts";
import { atEdge, wholeOf } from "./hops.ts";
import { EDGE_KEYS, WINDOW_KEYS } from "./key-groups.ts";

export const colocated: StrategyFacts<"colocated"> = {
  name: "colocated",
  label: "Both models at the edge",
  inWords: "A small model guesses and the large one checks, both on a server.",
  listed: true,
  uncut: "both models at the edge",
  where: ({ draftModel }) => `, drafted by ${draftModel} at the edge`,
  reads: ["draftModel", ...WINDOW_KEYS, ...EDGE_KEYS],
  conflict: ({ draftModel }) =>
    draftModel === LOOKUP
      ? {
          code: "keys-conflict",
          keys: ["mode", "draftModel"],
          why: "what is looked up is drafted in the tab; mode=speculative does that",
        }
      : null,
  place: (at, blocks) => [atEdge(wholeOf(blocks), at)],
  cut: "none",
  plain: null,
  returns: false,
  chains: false,
  movable: false,
  handle: "past-the-ends",
  needs: { host: false, edge: true, generator: false },
  yields: "tokens",
  crosses: "once",
  drafts: { where: "edge", with: "model", judged: "windows" },
  lossless: "by-rule",
  checked: "edge",
  reusable: true,
  unrepeatable: null,
  faults: [],
};
