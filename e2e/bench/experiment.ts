/**
 * `npm run bench -- EXPERIMENT`: an experiment's declaration over its matrix of settings, driven
 * through the product's own page, into JSON Lines, CSV and one HTML report. A line is written as
 * soon as its run is over, so a night that ends early is not lost and `--resume` goes on.
 */
import { createHash } from "node:crypto";
import { constants, existsSync, statSync } from "node:fs";
import { access, appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runnerImport } from "vite";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { Failed, unwrap, type Failure } from "#core/run/failure.ts";
import { withSettings } from "#lab/sweep/cells.ts";
import { comparisonText } from "#lab/analysis/compare.ts";
import { runSweep } from "#lab/sweep/runner.ts";
import { runsCsv, tokensCsv } from "#lab/results/csv.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { judgementText, judgePlanner } from "#lab/analysis/judge.ts";
import { scheduleOf, roughMs, runKey, timeLeftMs, type SweepSchedule } from "#lab/sweep/schedule.ts";
import { promptSetNames, readPromptSet, shippedPath, type PromptSet } from "#lab/experiment/prompts.ts";
import { plotsOf } from "#lab/plot/plots.ts";
import { readExperiment, sameExperiment } from "#lab/experiment/read-experiment.ts";
import { readResults } from "#lab/results/read-results.ts";
import { experimentNamed } from "#lab/experiment/registry.ts";
import { reportHtml } from "#lab/results/report.ts";
import {
  changedSets,
  emptyResults,
  headOf,
  isValid,
  linesOf,
  withLine,
  writeLine,
  type FailedLine,
  type HeadLine,
  type Results,
  type RunLine,
  type TraceFile,
} from "#lab/results/results.ts";
import { caveatsOf } from "#lab/analysis/summaries.ts";
import { joinPluginFile, readPluginFile } from "#node/plugin-file.ts";
import { bundlePlugin } from "#tools/plugin-bundle.mjs";
import { HELP, parseBench, type BenchOptions } from "./bench-options.ts";
import { busyShare, requireQuiet } from "./busy.ts";
import { replayText } from "./replay.ts";
import { openLabBrowser, type LabBrowser } from "./lab-browser.ts";

/** The edge server is started from here too, as dist/edge/main.js. */
const ROOT = process.cwd();

/** Paths are the user's: npm changes into the package's folder, and says where it was called. */
const userPath = (path: string): string => resolve(process.env["INIT_CWD"] ?? process.cwd(), path);

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

/** `--set link=trace:./my-day.csv`: the file's text under a name that a config can have. */
async function withTraces(
  options: BenchOptions,
): Promise<{ readonly options: BenchOptions; readonly traces: ReadonlyMap<string, string> }> {
  const traces = new Map<string, string>();
  const links = options.set.get("link");
  if (links === undefined) return { options, traces };
  const named: string[] = [];
  for (const link of links) {
    const path = link.startsWith("trace:") ? userPath(link.slice("trace:".length)) : "";
    const isFile = /[/\\]|\.\w+$/.test(link) && path !== "";
    if (isFile && !existsSync(path)) throw new Error(`There is no trace at ${path}.`);
    const name = basename(path).replaceAll(/[^A-Za-z0-9._-]/g, "-");
    if (isFile) {
      const source = await readFile(path, "utf8");
      if ((traces.get(name) ?? source) !== source)
        throw new Error(`Two traces are named ${name}: give one of the files another name.`);
      traces.set(name, source);
    }
    named.push(isFile ? `trace:${name}` : link);
  }
  return { options: { ...options, set: new Map([...options.set, ["link", named]]) }, traces };
}

const traceFiles = (traces: ReadonlyMap<string, string>): readonly TraceFile[] =>
  [...traces].map(([name, source]) => ({ name, sha256: sha256Of(source) }));

const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Bundled, and joined to this process; the edge server that is started holds them to their contract. */
async function joinedPlugins(files: readonly string[]): Promise<readonly string[]> {
  const built: string[] = [];
  for (const file of files) {
    const path = await bundlePlugin(ROOT, file);
    unwrap(await joinPluginFile(unwrap(await readPluginFile(path))));
    built.push(path);
  }
  return built;
}

async function declarationOf(name: string): Promise<Experiment> {
  const shipped = experimentNamed(name);
  if (shipped !== null) return shipped;
  const path = userPath(name);
  if (!existsSync(path) || !statSync(path).isFile())
    throw new Error(`There is no experiment and no file named ${name}.\n\n${HELP}`);
  const read = readExperiment(await declaredIn(path));
  if (read.ok) return read.value;
  throw new Error(`${path} is no experiment: ${said(new Failed(read.failure))}`);
}

/** What the file declares, whatever it is: it is somebody's own, and may fail in any way. */
async function declaredIn(path: string): Promise<unknown> {
  try {
    if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8")) as unknown;
    const { module } = await runnerImport<{ readonly default?: unknown }>(path);
    if (!("default" in module))
      throw new Error("it has no default export; begin the declaration with `export default {`");
    return module.default;
  } catch (thrown) {
    throw new Error(`${path} cannot be read: ${stripVTControlCharacters(said(thrown))}`, { cause: thrown });
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

/** `--set promptSet=./mine.jsonl`: the experiment with the names that results call its sets by, and the texts of those that are files. */
async function withPromptFiles(
  experiment: Experiment,
): Promise<{ readonly experiment: Experiment; readonly files: ReadonlyMap<string, string> }> {
  const files = new Map<string, string>();
  const named: string[] = [];
  for (const given of promptSetNames(experiment)) {
    const path = userPath(given);
    const isFile = existsSync(path) && statSync(path).isFile();
    if (!isFile && /[/\\]|\.\w+$/.test(given)) throw new Error(`There is no prompt set at ${path}.`);
    const name = isFile ? basename(path) : given;
    const source = isFile ? await readFile(path, "utf8") : undefined;
    if (named.includes(name) && files.get(name) !== source)
      throw new Error(`Two prompt sets are named ${name}: give one of the files another name.`);
    if (source !== undefined) files.set(name, source);
    named.push(name);
  }
  const { sweep, prompts } = experiment;
  return {
    experiment:
      sweep.promptSet === undefined
        ? { ...experiment, prompts: { ...prompts, set: named[0] ?? prompts.set } }
        : { ...experiment, sweep: { ...sweep, promptSet: named } },
    files,
  };
}

async function promptSetsOf(
  experiment: Experiment,
  files: ReadonlyMap<string, string>,
  lab: LabBrowser,
): Promise<readonly PromptSet[]> {
  const sets: PromptSet[] = [];
  for (const name of promptSetNames(experiment)) {
    const source = files.get(name) ?? (await lab.text(shippedPath(name)));
    if (source === null) throw new Error(`There is no file ${name}, and the page ships no prompt set of that name.`);
    sets.push(unwrap(readPromptSet(name, sha256Of(source), source)));
  }
  return sets;
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

interface Performed {
  readonly options: BenchOptions;
  readonly traces: readonly TraceFile[];
  readonly lab: LabBrowser;
}

async function perform(plan: SweepSchedule, { options, traces, lab }: Performed): Promise<void> {
  if (plan.runs.length === 0) throw new Error("No cell can be run: see above.");
  const caveats = [...softwareCaveats(plan, options, lab), ...(await busyCaveats(options))];
  const folder = userPath(options.out ?? join("results", plan.experiment.id));
  await writable(folder);
  const file = join(folder, `${plan.experiment.id}.jsonl`);
  const before = await resumed(file, plan, { options, traces });
  const head = headOf(plan, {
    command: `npm run bench -- ${process.argv.slice(2).map(quoted).join(" ")}`,
    startedAt: new Date().toISOString(),
    caveats: [...new Set([...before.caveats, ...caveats])],
    ...(traces.length === 0 ? {} : { traces }),
  });
  const results = await conducted(plan, head, before.runs, lab, file);
  await writeFile(join(folder, `${plan.experiment.id}.runs.csv`), runsCsv(results));
  await writeFile(join(folder, `${plan.experiment.id}.tokens.csv`), tokensCsv(results));
  await writeFile(join(folder, `${plan.experiment.id}.html`), reportHtml(results, await lab.figures(plotsOf(results))));
  const judgements = judgePlanner(results);
  if (judgements.length > 0) console.log(`The planner, judged. ${judgementText(judgements)}.`);
  for (const caveat of caveatsOf(results)) console.log(`Note: ${caveat}.`);
  console.log(`${results.runs.length} runs in ${folder}`);
  process.exitCode = results.whole ? 0 : 1;
}

/** Known before anything is measured. */
async function writable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (thrown) {
    throw new Error(`Nothing can be written to ${folder} (${said(thrown)}): give another folder with --out.`, {
      cause: thrown,
    });
  }
}

const quoted = (word: string): string => (/^[\w./:=,%@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** An adapter that is missing is refused at once, and so is a software one, unless it is what is wanted. */
function softwareCaveats(
  { cells }: SweepSchedule,
  { allowSoftware }: BenchOptions,
  { preflight }: LabBrowser,
): readonly string[] {
  const { webgpu, recommended } = preflight;
  const used = cells.some(
    ({ config }) =>
      config.mode !== "edge-only" &&
      (config.backend === "webgpu" || (config.backend === "auto" && recommended === "webgpu")),
  );
  if (used && webgpu.kind === "absent")
    throw new Error(
      `The page has no WebGPU (${webgpu.why}): take --backend wasm, or a machine with a GPU (CUTLAYER_GPU=1).`,
    );
  if (!used || webgpu.kind !== "present" || !webgpu.software) return [];
  if (!allowSoftware)
    throw new Error(
      `The graphics adapter (${webgpu.adapter}) computes on the CPU: its speeds say nothing about WebGPU. Take --backend wasm, a machine with a GPU (CUTLAYER_GPU=1), or --allow-software.`,
    );
  return [`the graphics adapter (${webgpu.adapter}) is a software one`];
}

/** Our own edge server and page are idle by now. */
async function busyCaveats({ onABusyMachine }: BenchOptions): Promise<readonly string[]> {
  if (!onABusyMachine) await requireQuiet(false, "--on-a-busy-machine");
  const share = onABusyMachine ? await busyShare(1000) : 0;
  return share > 0.1 ? [`the machine was ${(share * 100).toFixed(0)}% busy with other things before it began`] : [];
}

/** What an earlier attempt left, if it is to go on, with what must be said of it. Two experiments never share a file. */
async function resumed(
  file: string,
  plan: SweepSchedule,
  { options: { resume }, traces }: Omit<Performed, "lab">,
): Promise<{ readonly runs: readonly RunLine[]; readonly caveats: readonly string[] }> {
  if (!existsSync(file)) return { runs: [], caveats: [] };
  if (!resume)
    throw new Error(`${file} is there already: give --resume to go on with it, or another folder with --out.`);
  const read = readResults(await readFile(file, "utf8"));
  if (!read.ok)
    throw new Error(
      `${file} cannot be gone on with: ${textOf(read.failure)} Give another folder with --out, or delete the file.`,
    );
  const { results, notices } = read.value;
  if (!sameExperiment(results.head.experiment, plan.experiment))
    throw new Error(`${file} is of other settings or other prompts: give another folder with --out.`);
  const changedSince = changedSets(results.head, plan.promptSets);
  if (changedSince.length > 0)
    throw new Error(`${file} is of other prompts: ${changedSince.join("; ")}. Give another folder with --out.`);
  for (const { name, sha256 } of traces) {
    const before = results.head.traces?.find((trace) => trace.name === name)?.sha256;
    if (before !== sha256)
      throw new Error(
        `${file} was measured on another ${name} (SHA-256 ${before?.slice(0, 12) ?? "not recorded"} there, ${sha256.slice(0, 12)} now): give the file it was measured on, or another folder with --out.`,
      );
  }
  for (const notice of notices) console.log(notice);
  return { runs: results.runs.filter(isValid), caveats: results.head.caveats }; // what failed or does not count is tried again
}

async function conducted(
  plan: SweepSchedule,
  head: HeadLine,
  done: readonly (RunLine | FailedLine)[],
  lab: LabBrowser,
  file: string,
): Promise<Results> {
  let results = done.reduce(withLine, emptyResults(head, plan.skipped));
  await writeFile(file, linesOf(results).slice(0, -1).map(writeLine).join(""));
  const startedAt = performance.now();
  const steps = runSweep(plan, lab.run, done);
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    console.log("Stopping after this run; --resume goes on.");
  };
  process.once("SIGINT", stop);
  for (let step = await steps.next(); !stopped; step = await steps.next()) {
    if (step.done === true) {
      results = { ...results, whole: step.value && results.runs.length + results.failed.length > 0 };
      break;
    }
    if (step.value.kind === "line") {
      results = withLine(results, step.value.line);
      await appendFile(file, writeLine(step.value.line));
      if (step.value.line.kind === "failed") console.log(failedText(step.value.line));
    } else {
      const { what, name, done: over, total } = step.value;
      const left =
        what === "run" ? timeLeftMs(over - done.length, total - done.length, performance.now() - startedAt) : null;
      console.log(`${what} ${over + 1} of ${total}${left === null ? "" : `, ${minutes(left)} left`}: ${name}`);
    }
  }
  process.removeListener("SIGINT", stop);
  await appendFile(file, writeLine({ kind: "end", whole: results.whole }));
  return results;
}

function failedText({ cell, prompt, round, failure }: FailedLine): string {
  if (failure.code === "given-up")
    return `not tried: ${runKey(cell, prompt, round)}: its cell failed ${failure.failures} times`;
  return `  failed: ${failure.code}. ${textOf(failure)}`;
}

const minutes = (ms: number): string =>
  ms < 90_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`;

async function opened(path: string): Promise<Results> {
  if (!existsSync(userPath(path)) || !statSync(userPath(path)).isFile())
    throw new Error(`There is no result file at ${userPath(path)}.`);
  const { results, notices } = unwrap(readResults(await readFile(userPath(path), "utf8")));
  for (const notice of notices) console.log(`${path}: ${notice}`);
  return results;
}

/** A failure as its sentence; anything else is a bug, or one of our own sentences. */
function said(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (!("failure" in thrown)) return thrown.message;
  return textOf((thrown as Failed).failure);
}

function textOf(failure: Failure): string {
  const { title, detail, next } = describeFailure(failure);
  return [title, detail, next].filter((each) => each !== "").join(" ");
}

try {
  await main();
} catch (thrown) {
  console.error(said(thrown));
  process.exitCode = 1;
}
