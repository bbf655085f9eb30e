/** Plans and results for tests, over a shipped set of prompts in small. */
import { runSweep, type RunPort } from "../sweep/runner.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { scheduleOf, type SweepSchedule } from "../sweep/schedule.ts";
import { promptSetNames, readPromptSet, type PromptSet } from "../experiment/prompts.ts";
import { emptyResults, headOf, withLine, type Results } from "../results/results.ts";
import { fakeRun, MODELS } from "./fake-run.ts";

/** Other sets than the first have the same ids, and other texts. */
export function promptSet(name = "heldout"): PromptSet {
  const [sha256, wish] = name === "heldout" ? ["ab", "find me"] : ["ef", "please find for me"];
  const source = Array.from({ length: 20 }, (_, at) =>
    JSON.stringify({ id: `p-${at}`, prompt: `${wish} ${"a ".repeat(at)}table` }),
  ).join("\n");
  const set = readPromptSet(name, sha256.repeat(32), source);
  if (!set.ok) throw new Error("refused");
  return set.value;
}

export const planned = (experiment: Experiment): SweepSchedule =>
  scheduleOf(
    experiment,
    MODELS,
    promptSetNames(experiment).map((name) => promptSet(name)),
  );

export async function resultsOf(schedule: SweepSchedule, run: RunPort = fakeRun): Promise<Results> {
  let results = emptyResults(
    headOf(schedule, { command: "npm run bench -- x", startedAt: "2026-11-21T09:00:00.000Z", caveats: [] }),
    schedule.skipped,
  );
  const steps = runSweep(schedule, run);
  for (let step = await steps.next(); ; step = await steps.next()) {
    if (step.done === true) return { ...results, whole: step.value };
    if (step.value.kind === "line") results = withLine(results, step.value.line);
  }
}
