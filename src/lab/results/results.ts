/**
 * What an experiment leaves: lines, each one JSON value, so that a file is written as the runs
 * come and what was there before a crash still counts. The first line says what was asked (the
 * whole declaration), of which models and prompts, and by which command; then one line a run, a
 * failed run or a cell that cannot be; the last says that it is whole.
 */
import { anyRunRecord } from "#core/run/record/read-record.ts";
import { failure } from "#core/run/failure.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { isRecord } from "#core/schema/json.ts";
import {
  flag,
  fromAnything,
  list,
  looksLike,
  object,
  oneOf,
  optional,
  schemaNumber,
  text,
  variants,
  whole,
  type Value,
} from "#core/schema/schema.ts";
import { skippedCell, type SkippedCell } from "../sweep/cells.ts";
import { experiment, varied } from "../experiment/experiment.ts";
import type { SweepSchedule } from "../sweep/schedule.ts";

/** 2: its records are of schema 2. */
export const RESULT_SCHEMA = 2;

const namedSet = object({ name: text, sha256: text });
export type NamedSet = Value<typeof namedSet>;

const traceFile = object({
  name: text,
  /** Of its text as UTF-8, which is the file's own where it has no broken characters. */
  sha256: text,
});
export type TraceFile = Value<typeof traceFile>;

/** Of the models only what figures need is looked at. */
const model = looksLike<ModelSummary>(
  (value) =>
    isRecord(value) &&
    typeof value["name"] === "string" &&
    typeof value["revision"] === "string" &&
    ["hidden", "blocks"].every((key) => Number.isSafeInteger(value[key])),
  "a model's summary",
);

export const headLine = object({
  kind: oneOf("experiment"),
  schema: schemaNumber(RESULT_SCHEMA),
  experiment,
  models: list(model),
  /** The only one, or the first. */
  promptSet: namedSet,
  /** All of them, where the experiment sweeps sets: a run's is `varied.promptSet`. */
  promptSets: optional(list(namedSet)),
  /** Recorded links of one's own that were replayed, by the names that configs give them; files from before had no hashes of them. */
  traces: optional(list(traceFile)),
  runs: whole(0),
  /** What to type to get this again. */
  command: text,
  startedAt: text,
  /** What limits these figures: a busy machine, a software adapter. */
  caveats: list(text),
});
export type HeadLine = Value<typeof headLine>;
/** Schema 1 differs in its records alone. */
export const anyHeadLine = fromAnything(
  (value) => (isRecord(value) && value["schema"] === 1 ? { ...value, schema: RESULT_SCHEMA } : value),
  headLine,
);

const place = { cell: text, arm: text, varied, prompt: text, round: whole(0) };

export const runLine = object({ kind: oneOf("run"), ...place, promptTokens: whole(0), record: anyRunRecord });
export type RunLine = Value<typeof runLine>;

export const failedLine = object({ kind: oneOf("failed"), ...place, failure });
export type FailedLine = Value<typeof failedLine>;

export const skippedLine = object({ kind: oneOf("skipped"), ...skippedCell });
export type SkippedLine = Value<typeof skippedLine>;

const endLine = object({ kind: oneOf("end"), whole: flag });

/** One line of a result file. */
export const resultLine = variants("kind", headLine, runLine, failedLine, skippedLine, endLine);
export type ResultLine = Value<typeof resultLine>;

export interface Results {
  readonly head: HeadLine;
  readonly runs: readonly RunLine[];
  readonly failed: readonly FailedLine[];
  readonly skipped: readonly SkippedLine[];
  /** All runs of the schedule were made. */
  readonly whole: boolean;
}

export function headOf(
  schedule: SweepSchedule,
  from: Pick<HeadLine, "command" | "startedAt" | "caveats" | "traces">,
): HeadLine {
  const used = new Set(schedule.cells.map(({ config }) => config.model));
  const promptSets = schedule.promptSets.map(({ name, sha256 }) => ({ name, sha256 }));
  return {
    kind: "experiment",
    schema: RESULT_SCHEMA,
    experiment: schedule.experiment,
    models: schedule.models.filter(({ name }) => used.has(name)),
    promptSet: promptSets[0] ?? { name: "none", sha256: "" },
    ...(schedule.experiment.sweep.promptSet === undefined ? {} : { promptSets }),
    runs: schedule.runs.length,
    ...from,
  };
}

export const setsOf = ({ promptSet, promptSets }: HeadLine): readonly NamedSet[] => promptSets ?? [promptSet];

/** "demo and heldout", as a sentence names them. */
export const setNames = (head: HeadLine): string =>
  setsOf(head)
    .map(({ name }) => name)
    .join(" and ");

/** Sets that are not what they were when these results were begun, a phrase each: runs on both would be of different prompts. */
export function changedSets(head: HeadLine, now: readonly NamedSet[]): readonly string[] {
  const then = setsOf(head);
  if (then.length !== now.length) return [`${setNames(head)} then, ${now.map(({ name }) => name).join(" and ")} now`];
  return now.flatMap(({ name, sha256 }, at) =>
    then[at]?.sha256 === sha256
      ? []
      : [`${name} (SHA-256 ${then[at]?.sha256.slice(0, 12) ?? ""} then, ${sha256.slice(0, 12)} now)`],
  );
}

export const emptyResults = (head: HeadLine, skipped: readonly SkippedCell[]): Results => ({
  head,
  runs: [],
  failed: [],
  skipped: skipped.map((cell) => ({ kind: "skipped", ...cell })),
  whole: false,
});

export function withLine(results: Results, line: RunLine | FailedLine): Results {
  return line.kind === "run"
    ? { ...results, runs: [...results.runs, line] }
    : { ...results, failed: [...results.failed, line] };
}

export function linesOf({ head, runs, failed, skipped, whole }: Results): readonly ResultLine[] {
  return [head, ...skipped, ...runs, ...failed, { kind: "end", whole }];
}

export const writeLine = (line: ResultLine): string => `${JSON.stringify(line)}\n`;

/** A run made in a hidden or throttled tab: kept and shown, and never counted. */
export const isValid = ({ record }: RunLine): boolean => !record.provenance.hidden;
