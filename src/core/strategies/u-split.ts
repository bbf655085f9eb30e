/** The U-shape: the tab also keeps the last blocks and the head, so neither text nor tokens leave it. */
import type { StrategyFacts } from "./facts.ts";
import { atEdge, backOf, backOnDevice, frontOf, middleOf, onDevice } from "./hops.ts";
import { CUT_KEYS, EDGE_KEYS } from "./key-groups.ts";

export const uSplit: StrategyFacts<"u-split"> = {
  name: "u-split",
  label: "U-split",
  inWords: "The first and last blocks run in this tab, those between on a server.",
  listed: true,
  uncut: null,
  where: () => null,
  reads: [...CUT_KEYS, "tail", "moves", ...EDGE_KEYS, "threads"],
  conflict: () => null,
  place: (at, blocks) => [
    onDevice(frontOf(at.cut)),
    atEdge(middleOf(at.cut, blocks - at.tail), at),
    backOnDevice(backOf(blocks - at.tail, blocks), at),
  ],
  cut: "chosen",
  plain: null,
  returns: true,
  chains: false,
  movable: true,
  handle: "within",
  needs: { host: true, edge: true, generator: false },
  yields: "tokens",
  crosses: "each-token",
  drafts: null,
  lossless: "exact",
  checked: "device",
  reusable: true,
  unrepeatable: null,
  faults: ["corrupt-activation", "rewind-short"],
};
