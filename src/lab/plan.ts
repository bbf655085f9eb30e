/**
 * A declaration made ready to run: which cells on which prompts in which order. The arms are
 * interleaved: every round of a prompt runs each cell once, and starts one cell later than the
 * round before, so that none always goes first.
 */
import { linkFiguresOf } from "#core/link/choice-figures.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { cellsOf, type Cell, type SkippedCell } from "./cells.ts";
import type { Experiment } from "./experiment.ts";
import { pickPrompts, type Prompt, type PromptSet } from "./prompts.ts";

export interface PlannedRun {
  readonly key: string;
  readonly cell: Cell;
  readonly prompt: Prompt;
  readonly round: number;
}

export interface Plan {
  readonly experiment: Experiment;
  readonly models: readonly ModelSummary[];
  readonly promptSet: PromptSet;
  readonly prompts: readonly Prompt[];
  readonly cells: readonly Cell[];
  readonly skipped: readonly SkippedCell[];
  readonly runs: readonly PlannedRun[];
}

export const runKey = (cell: string, prompt: string, round: number): string => `${cell} | ${prompt} | ${round}`;

export function planOf(experiment: Experiment, models: readonly ModelSummary[], promptSet: PromptSet): Plan {
  const { cells, skipped } = cellsOf(experiment, models);
  const prompts = pickPrompts(promptSet, experiment.prompts);
  const rounds = Array.from({ length: experiment.repeats }, (_, round) => prompts.map((prompt) => ({ prompt, round }))).flat();
  const runs = rounds.flatMap(({ prompt, round }, turn) =>
    turned(cells, turn).map((cell) => ({ key: runKey(cell.key, prompt.id, round), cell, prompt, round })),
  );
  return { experiment, models, promptSet, prompts, cells, skipped, runs };
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
export function roughMs({ cells, prompts, experiment }: Pick<Plan, "cells" | "prompts" | "experiment">): number {
  const perCell = cells.map(({ config }) => SET_UP_MS + stepsOf(config) * (COMPUTE_MS + (config.mode === "device-only" || config.mode === "baseline" ? 0 : linkFiguresOf(config.link).rttMs)));
  return perCell.reduce((sum, ms) => sum + ms, 0) * prompts.length * experiment.repeats;
}

const SET_UP_MS = 400;
const COMPUTE_MS = 10;
const stepsOf = ({ mode, maxTokens }: RunConfig): number => (mode === "score" ? 2 : mode === "edge-only" ? 2 : maxTokens);

/** What is left, from what it took so far. Null before the first run is over. */
export const timeLeftMs = (done: number, total: number, elapsedMs: number): number | null => (done === 0 ? null : (elapsedMs / done) * (total - done));
