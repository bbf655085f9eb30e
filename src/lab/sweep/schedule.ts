/**
 * A declaration made ready to run: which cells on which prompts in which order. The arms are
 * interleaved: every round of a prompt runs each cell once, and starts one cell later than the
 * round before, so that none always goes first. Where prompt sets are swept, a cell runs on the
 * prompts of its own set, the sets take turns, and a prompt's id begins with its set's name.
 */
import { linkFiguresOf } from "#core/link/choice-figures.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { draftsWindows, factsOf } from "#core/strategies/table.ts";
import { cellsOf, type Cell, type SkippedCell } from "./cells.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { pickPrompts, type Prompt, type PromptSet } from "../experiment/prompts.ts";

export interface SweepRun {
  readonly key: string;
  readonly cell: Cell;
  readonly prompt: Prompt;
  readonly round: number;
}

export interface SweepSchedule {
  readonly experiment: Experiment;
  readonly models: readonly ModelSummary[];
  /** One; or those that are swept, in that order. */
  readonly promptSets: readonly PromptSet[];
  /** Of all sets. */
  readonly prompts: readonly Prompt[];
  readonly cells: readonly Cell[];
  readonly skipped: readonly SkippedCell[];
  readonly runs: readonly SweepRun[];
}

export const runKey = (cell: string, prompt: string, round: number): string => `${cell} | ${prompt} | ${round}`;

/** `promptSets` are those that `promptSetNames` names. */
export function scheduleOf(
  experiment: Experiment,
  models: readonly ModelSummary[],
  promptSets: readonly PromptSet[],
): SweepSchedule {
  const { cells, skipped } = cellsOf(experiment, models);
  const shares = promptSets.map((set) => shareOf(set, cells, experiment));
  const most = Math.max(0, ...shares.map(({ prompts }) => prompts.length));
  const rounds = Array.from({ length: experiment.repeats }, (_, round) =>
    Array.from({ length: most }, (__, at) => shares.flatMap((share) => turnOf(share, at, round))),
  );
  return {
    experiment,
    models,
    promptSets,
    prompts: shares.flatMap(({ prompts }) => prompts),
    cells,
    skipped,
    runs: rounds.flat(2),
  };
}

/** The prompts of one set and the cells that run on them. */
interface Share {
  readonly cells: readonly Cell[];
  readonly prompts: readonly Prompt[];
}

function shareOf(set: PromptSet, cells: readonly Cell[], { sweep, prompts }: Experiment): Share {
  const picked = pickPrompts(set, prompts);
  if (sweep.promptSet === undefined) return { cells, prompts: picked };
  return {
    cells: cells.filter(({ varied }) => String(varied.promptSet) === set.name),
    prompts: picked.map((prompt) => ({ ...prompt, id: `${set.name}/${prompt.id}` })),
  };
}

function turnOf({ cells, prompts }: Share, at: number, round: number): readonly SweepRun[] {
  const prompt = prompts[at];
  if (prompt === undefined) return [];
  return turned(cells, round * prompts.length + at).map((cell) => ({
    key: runKey(cell.key, prompt.id, round),
    cell,
    prompt,
    round,
  }));
}

const turned = <T>(items: readonly T[], by: number): readonly T[] => {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
};

/** What two runs share when the later one finds its sessions compiled and warm. */
export function sessionKind({ mode, model, cut, tail, kvCache, backend, threads }: RunConfig): string {
  return JSON.stringify([mode, model, cut, tail, kvCache, backend, threads]);
}

/** A rough duration before anything is known of the machine, modelled: round trips and a small model's compute. */
export function roughMs(runs: readonly Pick<SweepRun, "cell">[]): number {
  return runs.reduce((sum, { cell }) => sum + roughRunMs(cell.config), 0);
}

const SET_UP_MS = 300;
const COMPUTE_MS = 10;
const PASS_MS = 2;

export function roughRunMs(config: RunConfig): number {
  const { mode, maxTokens, edgeLoad, draftLength, clients } = config;
  const gained = typeof draftLength === "number" ? draftLength / 2 + 1 : 3; // a window, for want of a better guess
  const { yields, crosses, needs } = factsOf(mode);
  const passes = yields === "log-probs" ? 2 : draftsWindows(mode) ? maxTokens / gained : maxTokens;
  const trips = needs.edge ? (crosses === "once" ? 1 : passes) + OPENING_TRIPS : 0;
  const answerMs = passes * (COMPUTE_MS + (edgeLoad - 1) * PASS_MS) + trips * linkFiguresOf(config.link).rttMs;
  if (clients === 1) return SET_UP_MS + answerMs;
  // Once alone, once to begin among others, once measured: they wait for each other's passes.
  return SET_UP_MS + answerMs + 2 * Math.max(answerMs, passes * edgeLoad * PASS_MS * clients);
}

/** The handshake, and the check behind the run. */
const OPENING_TRIPS = 2;

/** What is left, from what it took so far. Null before the first run is over. */
export const timeLeftMs = (done: number, total: number, elapsedMs: number): number | null =>
  done === 0 ? null : (elapsedMs / done) * (total - done);
