/**
 * `npm run bench -- EXPERIMENT`: an experiment's declaration over its matrix of settings, driven
 * through the product's own page, into JSON Lines, CSV and one HTML report. A line is written as
 * soon as its run is over, so a night that ends early is not lost and `--resume` goes on.
 */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { unwrap } from "#core/run/failure.ts";
import { comparisonText } from "#lab/analysis/compare.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { readResults } from "#lab/results/read-results.ts";
import type { Results } from "#lab/results/results.ts";
import { withSettings } from "#lab/sweep/cells.ts";
import { roughMs, scheduleOf, type SweepSchedule } from "#lab/sweep/schedule.ts";
import { HELP, parseBench, type BenchOptions } from "./experiment/bench-options.ts";
import {
  declarationOf,
  joinedPlugins,
  promptSetsOf,
  traceFiles,
  userPath,
  withPromptFiles,
  withTraces,
} from "./experiment/given-files.ts";
import { openLabBrowser } from "./experiment/lab-browser.ts";
import { perform } from "./experiment/performing.ts";
import { replayText } from "./experiment/replay.ts";
import { minutes, said, textOf } from "./experiment/sentences.ts";

async function main(): Promise<void> {
  const command = parseBench(process.argv.slice(2));
  if (command.kind === "help") return console.log(HELP);
  if (command.kind === "compare") return console.log(comparisonText(await opened(command.a), await opened(command.b)));
  if (command.kind === "replay") {
    await joinedPlugins(command.plugins);
    return console.log(await replayText(userPath(command.file)));
  }
  const { options, traces } = await withTraces(command.options);
  const plugins = await joinedPlugins(options.plugins); // the plan reads configs that name them
  const { experiment, files } = await withPromptFiles(
    unwrap(changed(await declarationOf(options.experiment), options)),
  );
  const lab = await openLabBrowser({
    port: options.port,
    headed: options.headed,
    longestMs: options.longestRunMs,
    plugins,
  });
  try {
    for (const [name, source] of traces) await lab.addTrace(name, source);
    const plan = scheduleOf(experiment, lab.models, await promptSetsOf(experiment, files, lab));
    console.log(planText(plan));
    if (!options.planOnly) await perform(plan, { options, traces: traceFiles(traces), lab });
  } finally {
    await lab.close();
  }
}

function changed(
  experiment: Experiment,
  { set, backend, repeat, prompts }: BenchOptions,
): ReturnType<typeof withSettings> {
  const settings = backend === null ? set : new Map([...set, ["backend", [backend]]]);
  return withSettings(
    {
      ...experiment,
      repeats: repeat ?? experiment.repeats,
      prompts: { ...experiment.prompts, count: prompts ?? experiment.prompts.count },
    },
    settings,
  );
}

function planText(plan: SweepSchedule): string {
  const { experiment, cells, skipped, prompts, promptSets, runs } = plan;
  const swept = experiment.sweep.promptSet !== undefined;
  const taken = promptSets.map(
    ({ name, sha256 }) =>
      `  ${name}: ${prompts.filter(({ id }) => id.startsWith(`${name}/`)).length} of its prompts, SHA-256 ${sha256.slice(0, 12)}`,
  );
  return [
    `${experiment.title}: ${experiment.question}`,
    `${cells.length} cells x ${swept ? "the prompts of their sets" : `${prompts.length} prompts`} x ${experiment.repeats} = ${runs.length} runs, roughly ${minutes(roughMs(runs))} (modelled)`,
    ...(swept ? taken : []),
    ...cells.map(({ key }) => `  ${key}`),
    ...(skipped.length === 0
      ? []
      : [
          `${skipped.length} cells cannot be:`,
          ...skipped.map(({ key, failure }) => `  ${key}: ${failure.code}. ${textOf(failure)}`),
        ]),
  ].join("\n");
}

async function opened(path: string): Promise<Results> {
  if (!existsSync(userPath(path)) || !statSync(userPath(path)).isFile())
    throw new Error(`There is no result file at ${userPath(path)}.`);
  const { results, notices } = unwrap(readResults(await readFile(userPath(path), "utf8")));
  for (const notice of notices) console.log(`${path}: ${notice}`);
  return results;
}

try {
  await main();
} catch (thrown) {
  console.error(said(thrown));
  process.exitCode = 1;
}
