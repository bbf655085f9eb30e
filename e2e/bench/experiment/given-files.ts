/** What a command line of the bench names: declarations, prompt sets, traces and plugins, from files of the user's own or as they ship. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runnerImport } from "vite";
import { Failed, unwrap } from "#core/run/failure.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { promptSetNames, readPromptSet, shippedPath, type PromptSet } from "#lab/experiment/prompts.ts";
import { readExperiment } from "#lab/experiment/read-experiment.ts";
import { experimentNamed } from "#lab/experiment/registry.ts";
import type { TraceFile } from "#lab/results/results.ts";
import { joinPluginFile, readPluginFile } from "#node/plugin-file.ts";
import { bundlePlugin } from "#tools/plugin-bundle.mjs";
import { HELP, type BenchOptions } from "./bench-options.ts";
import type { LabBrowser } from "./lab-browser.ts";
import { said } from "./sentences.ts";

/** The edge server is started from here too, as dist/edge/main.js. */
const ROOT = process.cwd();

/** Paths are the user's: npm changes into the package's folder, and says where it was called. */
export const userPath = (path: string): string => resolve(process.env["INIT_CWD"] ?? process.cwd(), path);

/** `--set link=trace:./my-day.csv`: the file's text under a name that a config can have. */
export async function withTraces(
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

export const traceFiles = (traces: ReadonlyMap<string, string>): readonly TraceFile[] =>
  [...traces].map(([name, source]) => ({ name, sha256: sha256Of(source) }));

const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Bundled, and joined to this process; the edge server that is started holds them to their contract. */
export async function joinedPlugins(files: readonly string[]): Promise<readonly string[]> {
  const built: string[] = [];
  for (const file of files) {
    const path = await bundlePlugin(ROOT, file);
    unwrap(await joinPluginFile(unwrap(await readPluginFile(path))));
    built.push(path);
  }
  return built;
}

export async function declarationOf(name: string): Promise<Experiment> {
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

/** `--set promptSet=./mine.jsonl`: the experiment with the names that results call its sets by, and the texts of those that are files. */
export async function withPromptFiles(
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

export async function promptSetsOf(
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
