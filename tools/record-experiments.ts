/**
 * `npm run record:experiments -- RESULT.jsonl…`: trims what `npm run bench` has written to what
 * the lessons' charts need, into public/recordings/experiments, one file an experiment, with the
 * machine and the date. Nothing is run; a result of an experiment that is no chapter is refused.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describeFailure } from "../src/core/run/failure/failure-text.ts";
import { readResults } from "#lab/results/read-results.ts";
import { recordedFrom, writeRecorded } from "#lab/results/recorded.ts";
import { experimentNamed } from "#lab/experiment/registry.ts";
import { readFlags } from "./read-flags.ts";

const folder = join(fileURLToPath(new URL("../..", import.meta.url)), "public/recordings/experiments");
const HELP = `npm run record:experiments -- RESULT.jsonl… [--machine TEXT] [--note TEXT]

  --machine TEXT   the machine in words (its processor, cores and memory)
  --note TEXT      said beside every figure: "provisional"`;

const thisMachine = (): string =>
  `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;

async function record(path: string, machine: string, note: string | null): Promise<void> {
  const read = readResults(await readFile(resolve(process.env["INIT_CWD"] ?? process.cwd(), path), "utf8"));
  if (!read.ok) throw new Error(`${path}: ${Object.values(describeFailure(read.failure)).join(" ")}`);
  const { results } = read.value;
  const { id } = results.head.experiment;
  const declared = experimentNamed(id);
  if (declared === null)
    throw new Error(`${path} is of ${id}, which is no chapter of the lab: there is no lesson to play it in.`);
  // The charts are those of today's declaration: a title that was mended since is no reason to measure again.
  const text = writeRecorded(
    recordedFrom(
      { ...results, head: { ...results.head, experiment: { ...results.head.experiment, charts: declared.charts } } },
      machine,
      note,
    ),
  );
  await writeFile(join(folder, `${id}.json`), text);
  console.log(`${id}: ${results.runs.length} runs in ${(text.length / 1000).toFixed(0)} kB`);
}

const { values, positionals } = readFlags({
  allowPositionals: true,
  options: { machine: { type: "string" }, note: { type: "string" } },
});
if (positionals.length === 0) {
  console.log(HELP);
} else {
  await mkdir(folder, { recursive: true });
  try {
    for (const path of positionals) await record(path, values.machine ?? thisMachine(), values.note ?? null);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    process.exitCode = 1;
  }
}
