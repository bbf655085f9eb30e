/** What a race says, in one sentence and a table; nothing where no race is on screen. */
import { summarize, median } from "#core/measure/summary.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { verdictText } from "#core/plan/verdict/verdict-text.ts";
import { verdictOf as compare } from "#core/plan/verdict/verdict.ts";
import type { Mode } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";
import { draftsWindows, factsOf, steppedAtCut } from "#core/strategies/table.ts";
import type { RaceFacts } from "../stores/race.ts";
import { modeName } from "./lane-text.ts";
import type { VerdictLine } from "./verdict-line.ts";

/** The race's own line; null before there is one. */
export function raceVerdict(race: RaceFacts): VerdictLine | null {
  if (race.state === "warming")
    return { text: `Warming up, ${race.done} of ${race.strategies.length}, uncounted.`, wrong: false, under: [] };
  if (race.state === "running")
    return {
      text: `Racing: run ${race.done - race.strategies.length + 1} of ${race.total - race.strategies.length}.`,
      wrong: false,
      under: [],
    };
  if (race.records.size === 0) return null;
  const arms = race.strategies
    .map((mode) => ({ label: modeName(mode), records: race.records.get(mode) ?? [] }))
    .filter((arm) => arm.records.length > 0);
  const subject =
    race.strategies.find((mode) => factsOf(mode).crosses === "each-window") ??
    race.strategies.find((mode) => steppedAtCut(mode) || draftsWindows(mode));
  const verdict = compare(arms, subject === undefined ? undefined : modeName(subject));
  const { headline, because, cost, caveats, lossy } = verdictText(verdict);
  return {
    text: headline,
    wrong: verdict.kind === "wrong-tokens",
    under: [because, cost, ...lossy, ...caveats.map((caveat) => `Note: ${caveat}.`)].filter((each) => each !== ""),
  };
}

export interface RaceRow {
  readonly mode: Mode;
  readonly n: number;
  /** Medians over the runs; the spread is the interquartile range of the runs' own figures. */
  readonly tpotMs: number | null;
  readonly spreadMs: number | null;
  readonly ttftMs: number | null;
  readonly edgeMs: number | null;
}

export function raceRows(race: RaceFacts): readonly RaceRow[] {
  return race.strategies.flatMap((mode) => {
    const runs = race.records.get(mode) ?? [];
    if (runs.length === 0) return [];
    const middle = (pick: (record: RunRecord) => number | null): number | null =>
      median(runs.flatMap((record) => pick(record) ?? []));
    const tpots = summarize(runs.flatMap((record) => tpotOf(record) ?? []));
    return [
      {
        mode,
        n: runs.length,
        tpotMs: tpots?.median ?? null,
        spreadMs: tpots === null || runs.length < 3 ? null : tpots.q3 - tpots.q1,
        ttftMs: middle((record) => record.totals.ttftMs),
        edgeMs: middle(({ totals }) =>
          totals.decode.tokens > 0 ? totals.decode.edgeComputeMs / totals.decode.tokens : null,
        ),
      },
    ];
  });
}
