/** Plans and results for tests, over a shipped set of prompts in small. */
import { conduct, type RunPort } from "../conduct.ts";
import type { Experiment } from "../experiment.ts";
import { planOf, type Plan } from "../plan.ts";
import { readPromptSet, type PromptSet } from "../prompts.ts";
import { emptyResults, headOf, withLine, type Results } from "../results.ts";
import { fakeRun, MODELS } from "./fake-run.ts";

const PROMPTS = Array.from({ length: 20 }, (_, at) => JSON.stringify({ id: `p-${at}`, prompt: `find me ${"a ".repeat(at)}table` })).join("\n");

export function promptSet(): PromptSet {
  const set = readPromptSet("heldout", "ab".repeat(32), PROMPTS);
  if (!set.ok) throw new Error("refused");
  return set.value;
}

export const planned = (experiment: Experiment): Plan => planOf(experiment, MODELS, promptSet());

export async function resultsOf(plan: Plan, run: RunPort = fakeRun): Promise<Results> {
  let results = emptyResults(headOf(plan, { command: "npm run bench -- x", startedAt: "2026-11-21T09:00:00.000Z", caveats: [] }), plan.skipped);
  const steps = conduct(plan, run);
  for (let step = await steps.next(); ; step = await steps.next()) {
    if (step.done === true) return { ...results, whole: step.value };
    if (step.value.kind === "line") results = withLine(results, step.value.line);
  }
}
