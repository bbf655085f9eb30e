/** What a race says, in one sentence and a table; nothing where no race is on screen. */
import { summarize, median } from "#core/measure/summary.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { verdictText } from "#core/plan/verdict/verdict-text.ts";
import { verdictOf as compare, type RaceArm } from "#core/plan/verdict/verdict.ts";
import type { Mode } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";
import { draftsWindows, factsOf, steppedAtCut } from "#core/strategies/table.ts";
import { isRacing, type RaceFacts } from "../stores/race.ts";
import type { Lane } from "../stores/runs.ts";
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
  if (race.records.size === 0)
    return race.state === "stopped"
      ? { text: "The race was broken off before its first answer.", wrong: false, under: [] }
      : null;
  const verdict = compare(armsOf(race), subjectOf(race));
  // What each cost the edge stands in the race's table.
  const { headline, spread, because, caveats, lossy } = verdictText(verdict);
  return {
    text: race.state === "stopped" ? `Broken off. ${headline}` : headline,
    wrong: verdict.kind === "wrong-tokens",
    under: [spread, because, ...lossy, ...caveats.map((caveat) => `Note: ${caveat}.`)].filter((each) => each !== ""),
  };
}

const armsOf = ({ strategies, records }: RaceFacts): readonly RaceArm[] =>
  strategies
    .map((mode) => ({ label: modeName(mode), records: records.get(mode) ?? [] }))
    .filter((arm) => arm.records.length > 0);

/** What the race is about. */
function subjectOf({ strategies }: RaceFacts): string | undefined {
  const subject =
    strategies.find((mode) => factsOf(mode).crosses === "each-window") ??
    strategies.find((mode) => steppedAtCut(mode) || draftsWindows(mode));
  return subject === undefined ? undefined : modeName(subject);
}

/** The run whose TPOT is the median of them all, the faster of two in the middle; null where none has one. */
export function medianRun<R extends Pick<RunRecord, "tokens">>(runs: readonly R[]): R | null {
  const timed = runs.flatMap((run) => {
    const tpotMs = tpotOf(run);
    return tpotMs === null ? [] : [{ run, tpotMs }];
  });
  const sorted = timed.toSorted((a, b) => a.tpotMs - b.tpotMs);
  return sorted[Math.floor((sorted.length - 1) / 2)]?.run ?? runs.at(-1) ?? null;
}

/** "run 2 of 3, the median", of a lane that stands for a race's runs of its strategy; null of others. */
export function racedText(race: RaceFacts, { key, config, record }: Lane): string | null {
  const runs = race.records.get(config.mode) ?? [];
  const at = record === null && isRacing(race) ? runs.length : runs.findIndex((run) => run.laneKey === key);
  if (at < 0) return null;
  // Of an even number the table has the mean of the two in the middle, and a lane shows one of them.
  const middle = runs.length % 2 === 1 ? ", the median" : ", the faster of the two in the middle";
  const median = !isRacing(race) && runs.length > 1 && medianRun(runs)?.laneKey === key;
  return `run ${at + 1} of ${Math.max(runs.length, isRacing(race) ? race.rounds : 0)}${median ? middle : ""}`;
}

/** That the headline's ratio is taken within rounds, where it is not the ratio of the table's medians; null where it is. */
export function ratioText(race: RaceFacts): string | null {
  const verdict = compare(armsOf(race), subjectOf(race));
  if (verdict.kind !== "winner" || verdict.ratio.n < 2) return null;
  const { winner, other, ratio } = verdict;
  const ofMedians = other.tpotMs / winner.tpotMs;
  if (ofMedians.toFixed(1) === ratio.median.toFixed(1)) return null;
  return `Rows and lanes are medians of each strategy\u2019s own runs: theirs differ by ${ofMedians.toFixed(2)} times. The headline compares within each round, on the machine as it was then.`;
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

/** While a race is on every strategy has its row, afterwards those that ran. */
export function raceRows(race: RaceFacts): readonly RaceRow[] {
  return race.strategies.flatMap((mode) => {
    const runs = race.records.get(mode) ?? [];
    if (runs.length === 0 && !isRacing(race)) return [];
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
