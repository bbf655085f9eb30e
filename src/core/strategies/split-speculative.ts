/** The model's own first blocks draft in the tab through an exit; the edge verifies by the rest of them. */
import type { StrategyFacts } from "./facts.ts";
import { atEdge, backOf, frontOf, middleOf, onDevice } from "./hops.ts";
import { CUT_KEYS, EDGE_KEYS, WINDOW_KEYS } from "./key-groups.ts";

export const splitSpeculative: StrategyFacts<"split-speculative"> = {
  name: "split-speculative",
  label: "Split speculation",
  inWords: "The blocks in this tab guess ahead, and those on a server check.",
  listed: true,
  uncut: null,
  where: ({ place }) =>
    place === null
      ? null
      : `, drafted by its own first ${place.exitDepth ?? place.cut} blocks in this tab, cut at ${place.cut} of ${place.blocks}`,
  reads: [...CUT_KEYS, ...WINDOW_KEYS, "exit", "windows", ...EDGE_KEYS, "threads"],
  conflict: () => null,
  place: (at, blocks) => {
    const exit = at.exit ?? at.cut;
    // Blocks between the exit and the cut are not for drafting: only the smashed data needs them.
    const behindExit = exit < at.cut ? [onDevice(middleOf(exit, at.cut))] : [];
    return [onDevice(frontOf(exit)), ...behindExit, atEdge(backOf(at.cut, blocks), at)];
  },
  cut: "chosen",
  plain: null,
  returns: false,
  chains: false,
  movable: false,
  handle: "within",
  needs: { host: true, edge: true, generator: false },
  yields: "tokens",
  crosses: "each-window",
  drafts: { where: "device", with: "exit", judged: "windows" },
  lossless: "by-rule",
  checked: "edge",
  reusable: true,
  unrepeatable: null,
  faults: [],
};
