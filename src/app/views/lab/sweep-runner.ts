/**
 * Runs an experiment in this tab: draws from the lab's runner, so that pausing is not drawing, and
 * keeps every line in the browser's storage, so that a reload can go on. One for the page's life:
 * leaving the view does not end an experiment.
 */
import { createStore } from "zustand/vanilla";
import type { Failure } from "#core/run/failure.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { withSettings } from "#lab/sweep/cells.ts";
import { runSweep, type RunPort, type SweepEvent } from "#lab/sweep/runner.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { scheduleOf, timeLeftMs, type SweepSchedule } from "#lab/sweep/schedule.ts";
import { sameExperiment } from "#lab/experiment/read-experiment.ts";
import { readResults, type OpenedResults } from "#lab/results/read-results.ts";
import {
  changedSets,
  emptyResults,
  headOf,
  isValid,
  withLine,
  type FailedLine,
  type NamedSet,
  type Results,
  type RunLine,
} from "#lab/results/results.ts";
import { loadPromptSets } from "./prompt-sets.ts";
import type { KeptLines } from "./kept-lines.ts";

export interface SweepProgress {
  readonly state: "idle" | "running" | "paused" | "over" | "stopped";
  /** Which of the experiments this is about. */
  readonly id: string | null;
  readonly results: Results | null;
  /** What is being run. */
  readonly doing: string;
  readonly done: number;
  readonly total: number;
  readonly leftMs: number | null;
  readonly failure: Failure | null;
  /** What a person should know of these results: an opened file that ends early. */
  readonly notice: string | null;
}

interface Parts {
  readonly run: RunPort;
  readonly stop: () => Promise<void>;
  readonly models: () => readonly ModelSummary[];
  readonly kept: KeptLines;
  readonly address: (experiment: Experiment) => string;
}

const IDLE: SweepProgress = {
  state: "idle",
  id: null,
  results: null,
  doing: "",
  done: 0,
  total: 0,
  leftMs: null,
  failure: null,
  notice: null,
};

export class SweepRunner {
  readonly store = createStore<SweepProgress>(() => IDLE);
  readonly #parts: Parts;
  #wake: (() => void) | null = null;
  /** Which start it is: what an earlier one still has under way when it is cancelled no longer has a say. */
  #turn = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Goes on with what an earlier visit left of the same declaration, unless told to begin anew. */
  async start(experiment: Experiment, anew: boolean): Promise<void> {
    const { state } = this.store.getState();
    if (state === "running" || state === "paused") return;
    const turn = ++this.#turn;
    if (anew) this.#parts.kept.forget(experiment.id);
    this.store.setState({ ...IDLE, id: experiment.id, state: "running", doing: "getting ready" });
    const schedule = await this.#scheduled(experiment);
    if (schedule === null || this.#over(turn)) return;
    const done = this.#earlier(experiment, schedule.promptSets);
    this.#begin(schedule, done);
    const events = runSweep(schedule, this.#parts.run, done);
    await this.#draw(events, { id: experiment.id, before: done.length, total: schedule.runs.length, turn });
  }

  pause(): void {
    if (this.store.getState().state === "running") this.store.setState({ state: "paused" });
  }

  goOn(): void {
    if (this.store.getState().state !== "paused") return;
    this.store.setState({ state: "running" });
    this.#resume();
  }

  async cancel(): Promise<void> {
    this.store.setState({ state: "stopped", doing: "", leftMs: null });
    this.#resume();
    await this.#parts.stop();
  }

  /** A result file that was read; nothing else may be under way. */
  open({ results, notices }: OpenedResults): void {
    this.#turn += 1;
    const notice = notices.length === 0 ? null : notices.join(" ");
    this.store.setState({ ...IDLE, state: "over", id: results.head.experiment.id, results, notice });
  }

  /** Runs that an earlier visit left of this declaration. */
  left(experiment: Experiment): number {
    return this.#earlier(experiment, null).length;
  }

  async #scheduled(experiment: Experiment): Promise<SweepSchedule | null> {
    const sets = await loadPromptSets(experiment);
    const known = withSettings(experiment, new Map());
    if (sets.ok && known.ok) return scheduleOf(known.value, this.#parts.models(), sets.value);
    this.store.setState({ ...IDLE, failure: sets.ok ? (known.ok ? null : known.failure) : sets.failure });
    return null;
  }

  /** Of the same declaration and prompts, as far as these are known; what did not count (a hidden tab) is run again. */
  #earlier(experiment: Experiment, sets: readonly NamedSet[] | null): readonly RunLine[] {
    const text = this.#parts.kept.text(experiment.id);
    const read = text === null ? null : readResults(text);
    if (read?.ok !== true) return [];
    const { head, runs } = read.value.results;
    const same = sameExperiment(head.experiment, experiment) && (sets === null || changedSets(head, sets).length === 0);
    return same ? runs.filter(isValid) : [];
  }

  #begin(schedule: SweepSchedule, done: readonly RunLine[]): void {
    const { experiment } = schedule;
    const { id, prompts, repeats } = experiment;
    const address = this.#parts.address(experiment);
    const head = headOf(schedule, {
      command: `npm run bench -- ${id} --prompts ${prompts.count} --repeat ${repeats}   (from the page: ${address})`,
      startedAt: new Date().toISOString(),
      caveats: [],
    });
    if (done.length === 0) this.#parts.kept.begin(id, head);
    const results = done.reduce(withLine, emptyResults(head, schedule.skipped));
    this.store.setState({ results, done: done.length, total: schedule.runs.length });
  }

  async #draw(events: AsyncGenerator<SweepEvent, boolean>, { id, before, total, turn }: Attempt): Promise<void> {
    let runningMs = 0;
    let made = 0;
    for (;;) {
      await this.#unlessPaused();
      if (this.#over(turn)) return void (await events.return(false));
      const fromMs = performance.now();
      const next = await events.next();
      runningMs += performance.now() - fromMs;
      if (turn !== this.#turn) return void (await events.return(false));
      if (next.done === true) return this.#finish(next.value);
      if (next.value.kind === "line") {
        made += 1;
        this.#add(next.value.line, id);
        this.store.setState({ done: before + made, leftMs: timeLeftMs(made, total - before, runningMs) });
      } else this.store.setState({ doing: `${next.value.what}: ${next.value.name}` });
    }
  }

  #add(line: RunLine | FailedLine, id: string): void {
    this.#parts.kept.add(id, line);
    this.store.setState(({ results }) => ({ results: results === null ? null : withLine(results, line) }));
  }

  #finish(whole: boolean): void {
    this.store.setState(({ results, state }) => ({
      state: state === "stopped" || !whole ? "stopped" : "over",
      doing: "",
      leftMs: null,
      results: results === null ? null : { ...results, whole },
    }));
  }

  #over(turn: number): boolean {
    return turn !== this.#turn || this.store.getState().state === "stopped";
  }

  /** Resolves when it may go on. */
  #unlessPaused(): Promise<void> {
    return this.store.getState().state === "paused"
      ? new Promise((resolve) => (this.#wake = resolve))
      : Promise.resolve();
  }

  #resume(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** One start, as far as its progress needs it. */
interface Attempt {
  readonly id: string;
  /** Runs that an earlier visit made. */
  readonly before: number;
  readonly total: number;
  readonly turn: number;
}
