/** Where a run's time went, as bars. */
import type { ShowBar } from "../../charts/show/show-bars.tsx";
import { spentOf, type SpentShare } from "../../derive/figures.ts";
import { waitedAtEnd } from "../../derive/outage-text.ts";
import { partFill } from "../../derive/part-fill.ts";
import { SPENT_WORDS } from "../../derive/words/answer-text.ts";
import type { Lane } from "../../stores/runs.ts";

const FILLS: Readonly<Record<SpentShare["where"], string>> = {
  ready: "var(--ink-soft)",
  tab: "var(--part-device)",
  link: "var(--part-uplink)",
  edge: "var(--part-edge)",
  away: partFill("outageMs"),
  other: "var(--part-other)",
};

/** Without those that took nothing. */
export const barsOf = (lane: Lane): readonly ShowBar[] =>
  spentOf(lane.tokens, waitedAtEnd(lane))
    .filter(({ ms }) => ms > 0)
    .map(({ where, ms }) => ({ name: SPENT_WORDS[where].name, ms, fill: FILLS[where] }));
