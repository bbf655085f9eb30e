/** All of the model at the edge: the prompt goes up once, and tokens are streamed down. The line that splitting has to beat. */
import type { StrategyFacts } from "./facts.ts";
import { atEdge, wholeOf } from "./hops.ts";
import { EDGE_KEYS } from "./key-groups.ts";

export const edgeOnly: StrategyFacts<"edge-only"> = {
  name: "edge-only",
  label: "Edge only",
  inWords: "All of this model runs on a server.",
  listed: true,
  uncut: "all of it at the edge",
  where: () => " from the edge server alone",
  reads: EDGE_KEYS,
  conflict: () => null,
  place: (at, blocks) => [atEdge(wholeOf(blocks), at)],
  cut: "none",
  plain: "edge",
  returns: false,
  chains: false,
  movable: false,
  handle: "past-the-ends",
  needs: { host: false, edge: true, generator: false },
  yields: "tokens",
  crosses: "once",
  drafts: null,
  lossless: "exact",
  checked: "edge",
  reusable: true,
  unrepeatable: null,
  faults: [],
};
