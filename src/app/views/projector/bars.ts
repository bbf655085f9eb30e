/** Where a run's time went, as bars. */
import type { TokenEvent } from "#core/run/record.ts";
import type { ShowBar } from "../../charts/show/show-bars.tsx";
import { spentOf, type SpentShare } from "../../derive/figures.ts";
import { SPENT_WORDS } from "../../derive/words/answer-text.ts";

const FILLS: Readonly<Record<SpentShare["where"], string>> = {
  ready: "var(--part-other)",
  tab: "var(--part-device)",
  link: "var(--part-uplink)",
  edge: "var(--part-edge)",
  other: "var(--wire)",
};

/** Without those that took nothing. */
export const barsOf = (tokens: readonly TokenEvent[]): readonly ShowBar[] =>
  spentOf(tokens)
    .filter(({ ms }) => ms > 0)
    .map(({ where, ms }) => ({ name: SPENT_WORDS[where].name, ms, fill: FILLS[where] }));
