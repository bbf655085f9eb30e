/** A plan performed: refused first where its figures would say nothing, then run, and written down as it goes. */
import { constants, existsSync } from "node:fs";
import { access, appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { judgementText, judgePlanner } from "#lab/analysis/judge.ts";
import { caveatsOf } from "#lab/analysis/summaries.ts";
import { sameExperiment } from "#lab/experiment/read-experiment.ts";
import { plotsOf } from "#lab/plot/plots.ts";
import { runsCsv, tokensCsv } from "#lab/results/csv.ts";
import { readResults } from "#lab/results/read-results.ts";
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
import { runSweep } from "#lab/sweep/runner.ts";
import { runKey, timeLeftMs, type SweepSchedule } from "#lab/sweep/schedule.ts";
import { busyShare, requireQuiet } from "../busy.ts";
import type { BenchOptions } from "./bench-options.ts";
import { userPath } from "./given-files.ts";
import type { LabBrowser } from "./lab-browser.ts";
import { minutes, said, textOf } from "./sentences.ts";

interface Performed {
  readonly options: BenchOptions;
  readonly traces: readonly TraceFile[];
  readonly lab: LabBrowser;
}

export async function perform(plan: SweepSchedule, { options, traces, lab }: Performed): Promise<void> {
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
