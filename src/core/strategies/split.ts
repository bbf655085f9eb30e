/** The model cut in two: the tab runs the first blocks, the edge the others and the head, a round trip a token. */
import type { StrategyFacts } from "./facts.ts";
import { atEdge, backOf, frontOf, onDevice } from "./hops.ts";
import { CUT_KEYS, EDGE_KEYS } from "./key-groups.ts";

export const split: StrategyFacts<"split"> = {
  name: "split",
  label: "Split",
  inWords: null,
  listed: true,
  uncut: null,
  where: () => null,
  reads: [...CUT_KEYS, "path", "moves", ...EDGE_KEYS, "threads"],
  conflict: () => null,
  place: (at, blocks) => [onDevice(frontOf(at.cut)), atEdge(backOf(at.cut, blocks), at)],
  cut: "chosen",
  plain: "cut",
  returns: false,
  chains: true,
  movable: true,
  handle: "past-the-ends",
  needs: { host: true, edge: true, generator: false },
  yields: "tokens",
  crosses: "each-token",
  drafts: null,
  lossless: "exact",
  checked: "edge",
  reusable: true,
  unrepeatable: null,
  faults: ["corrupt-activation", "rewind-short"],
};
