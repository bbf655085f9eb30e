/**
 * What an experiment leaves: lines, each one JSON value, so that a file is written as the runs
 * come and what was there before a crash still counts. The first line says what was asked (the
 * whole declaration), of which models and prompts, and by which command; then one line a run, a
 * failed run or a cell that cannot be; the last says that it is whole.
 */
import type { Failure } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import type { SkippedCell } from "../sweep/cells.ts";
import type { Experiment, Varied } from "../experiment/experiment.ts";
import type { Plan } from "../sweep/plan.ts";
import type { PromptSet } from "../experiment/prompts.ts";

/** 2: its records are of schema 2. */
export const RESULT_SCHEMA = 2;

export type NamedSet = Pick<PromptSet, "name" | "sha256">;

export interface TraceFile {
  readonly name: string;
  /** Of its text as UTF-8, which is the file's own where it has no broken characters. */
  readonly sha256: string;
}

export interface HeadLine {
  readonly kind: "experiment";
  readonly schema: typeof RESULT_SCHEMA;
  readonly experiment: Experiment;
  readonly models: readonly ModelSummary[];
  /** The only one, or the first. */
  readonly promptSet: NamedSet;
  /** All of them, where the experiment sweeps sets: a run's is `varied.promptSet`. */
  readonly promptSets?: readonly NamedSet[];
  /** Recorded links of one's own that were replayed, by the names that configs give them. */
  readonly traces?: readonly TraceFile[];
  readonly runs: number;
  /** What to type to get this again. */
  readonly command: string;
  readonly startedAt: string;
  /** What limits these figures: a busy machine, a software adapter. */
  readonly caveats: readonly string[];
}

interface Place {
  readonly cell: string;
  readonly arm: string;
  readonly varied: Varied;
  readonly prompt: string;
  readonly round: number;
}

export interface RunLine extends Place {
  readonly kind: "run";
  readonly promptTokens: number;
  readonly record: RunRecord;
}

export interface FailedLine extends Place {
  readonly kind: "failed";
  readonly failure: Failure;
}

export interface SkippedLine extends SkippedCell {
  readonly kind: "skipped";
}

export interface EndLine {
  readonly kind: "end";
  readonly whole: boolean;
}

export type ResultLine = HeadLine | RunLine | FailedLine | SkippedLine | EndLine;

export interface Results {
  readonly head: HeadLine;
  readonly runs: readonly RunLine[];
  readonly failed: readonly FailedLine[];
  readonly skipped: readonly SkippedLine[];
  /** All runs of the plan were made. */
  readonly whole: boolean;
}

export function headOf(plan: Plan, from: Pick<HeadLine, "command" | "startedAt" | "caveats" | "traces">): HeadLine {
  const used = new Set(plan.cells.map(({ config }) => config.model));
  const promptSets = plan.promptSets.map(({ name, sha256 }) => ({ name, sha256 }));
  return {
    kind: "experiment",
    schema: RESULT_SCHEMA,
    experiment: plan.experiment,
    models: plan.models.filter(({ name }) => used.has(name)),
    promptSet: promptSets[0] ?? { name: "none", sha256: "" },
    ...(plan.experiment.sweep.promptSet === undefined ? {} : { promptSets }),
    runs: plan.runs.length,
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
