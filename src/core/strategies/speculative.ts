/** A small model in the tab, or the text itself, drafts windows of tokens; the whole model at the edge verifies them. */
import { LOOKUP } from "../speculation/lookup.ts";
import type { StrategyFacts } from "./facts.ts";
import { atEdge, wholeOf } from "./hops.ts";
import { EDGE_KEYS, WINDOW_KEYS } from "./key-groups.ts";

export const speculative: StrategyFacts<"speculative"> = {
  name: "speculative",
  label: "Speculative",
  inWords: "A small model in this tab guesses ahead, and the large one on a server checks.",
  listed: true,
  uncut: "drafts in this tab, the model at the edge",
  where: ({ draftModel }) =>
    draftModel === LOOKUP ? ", drafted from the text in this tab" : `, drafted by ${draftModel} in this tab`,
  reads: ["draftModel", ...WINDOW_KEYS, "windows", ...EDGE_KEYS, "threads"],
  conflict: () => null,
  place: (at, blocks) => [atEdge(wholeOf(blocks), at)],
  cut: "none",
  plain: null,
  returns: false,
  chains: false,
  movable: false,
  handle: "past-the-ends",
  needs: { host: true, edge: true, generator: false },
  yields: "tokens",
  crosses: "each-window",
  drafts: { where: "device", with: "model", judged: "windows" },
  lossless: "by-rule",
  checked: "edge",
  reusable: true,
  unrepeatable: null,
  faults: [],
};
