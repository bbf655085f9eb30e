/**
 * Runs an experiment in this tab: draws from the lab's runner, so that pausing is not drawing, and
 * keeps every line in the browser's storage, so that a reload can go on. One for the page's life:
 * leaving the view does not end an experiment.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
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

export interface SweepRunner {
  readonly store: StoreApi<SweepProgress>;
  /** Goes on with what an earlier visit left of the same declaration, unless told to begin anew. */
  start(experiment: Experiment, anew: boolean): Promise<void>;
  pause(): void;
  goOn(): void;
  cancel(): Promise<void>;
  /** A result file that was read; nothing else may be under way. */
  open(opened: OpenedResults): void;
  /** Runs that an earlier visit left of this declaration. */
  left(experiment: Experiment): number;
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

export function createSweepRunner({ run, stop, models, kept, address }: Parts): SweepRunner {
  const store = createStore<SweepProgress>(() => IDLE);
  let wake: (() => void) | null = null;
  /** Which start it is: what an earlier one still has under way when it is cancelled no longer has a say. */
  let turn = 0;

  /** Resolves when it may go on. */
  const unlessPaused = (): Promise<void> =>
    store.getState().state === "paused" ? new Promise((resolve) => (wake = resolve)) : Promise.resolve();

  async function planned(experiment: Experiment): Promise<SweepSchedule | null> {
    const sets = await loadPromptSets(experiment);
    const known = withSettings(experiment, new Map());
    if (sets.ok && known.ok) return scheduleOf(known.value, models(), sets.value);
    store.setState({ ...IDLE, failure: sets.ok ? (known.ok ? null : known.failure) : sets.failure });
    return null;
  }

  async function start(experiment: Experiment, anew: boolean): Promise<void> {
    const { state } = store.getState();
    if (state === "running" || state === "paused") return;
    const mine = ++turn;
    if (anew) kept.forget(experiment.id);
    store.setState({ ...IDLE, id: experiment.id, state: "running", doing: "getting ready" });
    const schedule = await planned(experiment);
    if (schedule === null || mine !== turn || store.getState().state === "stopped") return;
    const done = earlier(experiment, schedule.promptSets);
    const head = headOf(schedule, {
      command: `npm run bench -- ${experiment.id} --prompts ${experiment.prompts.count} --repeat ${experiment.repeats}   (from the page: ${address(experiment)})`,
      startedAt: new Date().toISOString(),
      caveats: [],
    });
    if (done.length === 0) kept.begin(experiment.id, head);
    store.setState({
      results: done.reduce(withLine, emptyResults(head, schedule.skipped)),
      done: done.length,
      total: schedule.runs.length,
    });
    await draw(runSweep(schedule, run, done), {
      id: experiment.id,
      before: done.length,
      total: schedule.runs.length,
      mine,
    });
  }

  /** Of the same declaration and prompts, as far as these are known; what did not count (a hidden tab) is run again. */
  function earlier(experiment: Experiment, sets: readonly NamedSet[] | null): readonly RunLine[] {
    const text = kept.text(experiment.id);
    const read = text === null ? null : readResults(text);
    if (read?.ok !== true) return [];
    const { head, runs } = read.value.results;
    const same = sameExperiment(head.experiment, experiment) && (sets === null || changedSets(head, sets).length === 0);
    return same ? runs.filter(isValid) : [];
  }

  async function draw(
    steps: AsyncGenerator<SweepEvent, boolean>,
    {
      id,
      before,
      total,
      mine,
    }: { readonly id: string; readonly before: number; readonly total: number; readonly mine: number },
  ): Promise<void> {
    let runningMs = 0;
    let made = 0;
    for (;;) {
      await unlessPaused();
      if (mine !== turn || store.getState().state === "stopped") return void (await steps.return(false));
      const from = performance.now();
      const step = await steps.next();
      runningMs += performance.now() - from;
      if (mine !== turn) return void (await steps.return(false));
      if (step.done === true) return finish(step.value);
      if (step.value.kind === "line") {
        made += 1;
        add(step.value.line, id);
        store.setState({ done: before + made, leftMs: timeLeftMs(made, total - before, runningMs) });
      } else store.setState({ doing: `${step.value.what}: ${step.value.name}` });
    }
  }

  function add(line: RunLine | FailedLine, id: string): void {
    kept.add(id, line);
    store.setState(({ results }) => ({ results: results === null ? null : withLine(results, line) }));
  }

  function finish(whole: boolean): void {
    store.setState(({ results, state }) => ({
      state: state === "stopped" || !whole ? "stopped" : "over",
      doing: "",
      leftMs: null,
      results: results === null ? null : { ...results, whole },
    }));
  }

  return {
    store,
    start,
    pause() {
      if (store.getState().state === "running") store.setState({ state: "paused" });
    },
    goOn() {
      if (store.getState().state !== "paused") return;
      store.setState({ state: "running" });
      wake?.();
      wake = null;
    },
    async cancel() {
      store.setState({ state: "stopped", doing: "", leftMs: null });
      wake?.();
      wake = null;
      await stop();
    },
    open({ results, notices }) {
      turn += 1;
      store.setState({
        ...IDLE,
        state: "over",
        id: results.head.experiment.id,
        results,
        notice: notices.length === 0 ? null : notices.join(" "),
      });
    },
    left: (experiment) => earlier(experiment, null).length,
  };
}
