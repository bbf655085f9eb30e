/** What a load came to, as one value for JSON and as a line of the table. */
import { quantile } from "#core/measure/summary.ts";
import type { Driven } from "./drive.ts";
import type { EdgeFigures, EdgeReadings } from "./edge-figures.ts";

/** Null where nothing was measured. */
interface Spread {
  readonly n: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly most: number | null;
}

export interface LoadResult {
  readonly mode: string;
  readonly clients: number;
  readonly active: number;
  readonly activeMost: number;
  readonly arrivals: { readonly kind: string; readonly perSecond: number | null; readonly seed: number | null };
  /** That were measured, behind the warm-up; less than asked for where it was stopped. */
  readonly seconds: number;
  readonly stopped: boolean;
  /** That arrived in the time, and their tokens. */
  readonly answers: number;
  readonly answersPerSecond: number;
  readonly tokens: number;
  /** That came in the time, whenever their answers began and ended. */
  readonly tokensPerSecond: number;
  /** From a request's arrival to its first token: waiting for a free client and after refusals included. */
  readonly ttftMs: Spread;
  /** The same from when it was sent, as the edge sees it. */
  readonly servedTtftMs: Spread;
  readonly tpotMs: Spread;
  /** Between two replies with text of one answer. */
  readonly gapMs: Spread;
  /** `advisedMs`: what the edge said to wait before asking again. */
  readonly refusals: readonly { readonly code: string; readonly count: number; readonly advisedMs: Spread }[];
  /** What ended without an answer and was no refusal. */
  readonly failures: readonly { readonly code: string; readonly count: number }[];
  readonly unfinished: number;
  /** Of the answers that show their tokens, those that are the single client's reply by reply. */
  readonly exact: { readonly compared: number; readonly exact: number };
  /** Null where the edge does not say. */
  readonly edge: {
    /** Before the first session, when counting began, at most, when it ended, and after the last session was closed. */
    readonly residentBytes: Readonly<Record<"before" | "from" | "middle" | "most" | "until" | "after", number>>;
    readonly kvReservedBytes: Readonly<Record<"before" | "most" | "after", number>>;
    /** Steps that shared a pass, mean over the steps. */
    readonly meanBatch: number | null;
    readonly faults: number;
  } | null;
}

export type LoadOf = Pick<LoadResult, "mode" | "clients" | "active" | "arrivals" | "stopped">;

export function resultOf(of: LoadOf, driven: Driven, readings: EdgeReadings): LoadResult {
  const { answered, refused, failed, unfinished, tokensInTime, fromMs, untilMs, activeMost } = driven;
  const seconds = (untilMs - fromMs) / 1000;
  const tokens = answered.reduce((sum, { run }) => sum + run.tokens, 0);
  const compared = answered.filter((each) => each.compared);
  const perSecond = (count: number): number => (seconds > 0 ? count / seconds : 0);
  return {
    ...of,
    activeMost,
    seconds,
    answers: answered.length,
    answersPerSecond: perSecond(answered.length),
    tokens,
    tokensPerSecond: perSecond(tokensInTime),
    ttftMs: spread(answered.map(({ askedMs, arrivedMs, run }) => askedMs - arrivedMs + run.ttftMs)),
    servedTtftMs: spread(answered.map(({ run }) => run.ttftMs)),
    tpotMs: spread(answered.flatMap(({ run }) => run.tpotMs ?? [])),
    gapMs: spread(answered.flatMap(({ gapsMs }) => gapsMs)),
    refusals: byCode(refused).map(([code, each]) => ({
      code,
      count: each.length,
      advisedMs: spread(each.map(({ advisedMs }) => advisedMs)),
    })),
    failures: byCode(failed.map(({ failure }) => failure)).map(([code, each]) => ({ code, count: each.length })),
    unfinished,
    exact: { compared: compared.length, exact: compared.filter(({ run }) => run.same).length },
    edge: edgeOf(readings),
  };
}

function edgeOf({ before, during, after }: EdgeReadings): LoadResult["edge"] {
  const [from] = during;
  const until = during.at(-1);
  if (before === null || after === null || from === undefined || until === undefined) return null;
  const most = (of: (figures: EdgeFigures) => number): number => Math.max(...during.map(of));
  const steps = until.batchedSteps - from.batchedSteps;
  return {
    residentBytes: {
      before: before.residentBytes,
      from: from.residentBytes,
      middle: (during[Math.floor(during.length / 2)] ?? from).residentBytes,
      most: most(({ residentBytes }) => residentBytes),
      until: until.residentBytes,
      after: after.residentBytes,
    },
    kvReservedBytes: {
      before: before.kvReservedBytes,
      most: most(({ kvReservedBytes }) => kvReservedBytes),
      after: after.kvReservedBytes,
    },
    meanBatch: steps > 0 ? (until.batchSum - from.batchSum) / steps : null,
    faults: after.faults - before.faults,
  };
}

function spread(samples: readonly number[]): Spread {
  const at = (q: number): number | null => quantile(samples, q);
  return { n: samples.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}

function byCode<T extends { readonly code: string }>(all: readonly T[]): readonly (readonly [string, readonly T[]])[] {
  const codes = [...new Set(all.map(({ code }) => code))];
  return codes.map((code) => [code, all.filter((each) => each.code === code)]);
}

/** Every answer that was given is the single client's, and nothing went wrong at the edge. Refusals and a backlog are load, not faults. */
export const isWell = ({ exact, failures, edge }: LoadResult): boolean =>
  exact.exact === exact.compared && failures.length === 0 && (edge === null || edge.faults === 0);

const MEGABYTE = 1 << 20;

const COLUMNS: readonly (readonly [string, (result: LoadResult) => string])[] = [
  ["clients", ({ clients, active }) => (active < clients ? `${clients}/${active}` : String(clients))],
  ["answers", ({ answers }) => String(answers)],
  ["tokens/s", ({ tokensPerSecond }) => tokensPerSecond.toFixed(0)],
  ["TTFT p50", ({ ttftMs }) => shown(ttftMs.p50)],
  ["p99, ms", ({ ttftMs }) => shown(ttftMs.p99)],
  ["TPOT p50", ({ tpotMs }) => shown(tpotMs.p50)],
  ["gap p50", ({ gapMs }) => shown(gapMs.p50)],
  ["p99, ms", ({ gapMs }) => shown(gapMs.p99)],
  ["batch", ({ edge }) => shown(edge?.meanBatch ?? null)],
  ["exact", ({ exact }) => (exact.compared === 0 ? "" : `${exact.exact}/${exact.compared}`)],
  ["refused", ({ refusals }) => String(refusals.reduce((sum, { count }) => sum + count, 0))],
  ["MB before", ({ edge }) => megabytes(edge?.residentBytes.before)],
  ["most", ({ edge }) => megabytes(edge?.residentBytes.most)],
  ["after", ({ edge }) => megabytes(edge?.residentBytes.after)],
];

const shown = (value: number | null): string => (value === null ? "" : value.toFixed(1));
const megabytes = (bytes: number | undefined): string => (bytes === undefined ? "" : (bytes / MEGABYTE).toFixed(0));
const line = ([first = "", ...cells]: readonly string[]): string =>
  `${first.padEnd(18)}${cells.map((cell) => cell.padStart(10)).join("")}`;

export const tableHead = (): string => line(["strategy", ...COLUMNS.map(([name]) => name)]);

/** The table's line, and a line below it for all that is not as it should be. */
export function tableLines(result: LoadResult): readonly string[] {
  const { mode, refusals, failures, unfinished, stopped, seconds, edge } = result;
  return [
    line([mode, ...COLUMNS.map(([, of]) => of(result))]),
    ...refusals.map(
      ({ code, count, advisedMs }) =>
        `  refused ${count} times with ${code}, told to wait ${shown(advisedMs.p50)} ms (p50), ${shown(advisedMs.most)} at most`,
    ),
    ...failures.map(({ code, count }) => `  ${count} ended without an answer: ${code}`),
    ...(unfinished > 0 ? [`  ${unfinished} arrived in the time and were not through with it`] : []),
    ...(stopped ? [`  stopped after ${seconds.toFixed(1)} s`] : []),
    ...(edge !== null && edge.faults > 0 ? [`  ${edge.faults} faults surfaced at the edge; its log says which`] : []),
  ];
}
