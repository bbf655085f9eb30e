/**
 * A result file, line by line. What is whole is opened; a file that was cut off in the middle of a
 * line, or that never got its end line, says so. A line that is not ours refuses the file.
 */
import { refuse, ok, type Failure, type Result } from "#core/run/failure.ts";
import { isRecord, list, object, oneOf, readJson, readWith, text, unfit, whole, type Reader } from "#core/run/json-reader.ts";
import { failure } from "#core/run/parse-failure.ts";
import { readRunRecord } from "#core/run/read-record.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import type { Settings } from "./experiment.ts";
import { experiment } from "./read-experiment.ts";
import { RESULT_SCHEMA, type FailedLine, type HeadLine, type Results, type RunLine, type SkippedLine } from "./results.ts";

const settings: Reader<Settings> = (value, path) => {
  const isSettings = (given: unknown): given is Settings => isRecord(given) && Object.values(given).every((each) => ["string", "number", "boolean"].includes(typeof each));
  return isSettings(value) ? value : unfit(path, value, "the values a cell varies");
};

const record: Reader<RunRecord> = (value, path) => readRunRecord(value) ?? unfit(path, value, "a run record of this version");

/** Of the models only what figures need is looked at. */
const isModel = (value: unknown): value is ModelSummary => isRecord(value) && typeof value["name"] === "string" && ["hidden", "blocks"].every((key) => Number.isSafeInteger(value[key]));
const model: Reader<ModelSummary> = (value, path) => (isModel(value) ? value : unfit(path, value, "a model's summary"));

const head: Reader<HeadLine> = object({
  kind: oneOf("experiment"),
  schema: oneOf(RESULT_SCHEMA),
  experiment,
  models: list(model),
  promptSet: object({ name: text, sha256: text }),
  runs: whole(0),
  command: text,
  startedAt: text,
  caveats: list(text),
});

const place = { cell: text, arm: text, varied: settings, prompt: text, round: whole(0) } as const;
const runLine: Reader<RunLine> = object({ kind: oneOf("run"), ...place, promptTokens: whole(0), record });
const failedLine: Reader<FailedLine> = object({ kind: oneOf("failed"), ...place, failure });
const skippedLine: Reader<SkippedLine> = object({ kind: oneOf("skipped"), key: text, arm: text, varied: settings, failure });

export interface OpenedResults {
  readonly results: Results;
  /** What is missing, as a sentence; null when the file is whole. */
  readonly cutOff: string | null;
}

const notOurs = (value: string, expected: string): { readonly ok: false; readonly failure: Failure } => refuse({ code: "bad-value", key: "result file", value, expected });

export function readResults(source: string): Result<OpenedResults> {
  const lines = source.split("\n");
  const rest = lines.pop() ?? ""; // empty where the file ends with its last line
  const first = lines[0] === undefined ? null : readJson(lines[0]);
  if (first === null || "why" in first) return notOurs(source.slice(0, 40), "JSON Lines as npm run bench writes them, beginning with the experiment");
  const opened = readWith(head, first.value, "line 1");
  if (!opened.ok) return opened;
  const found = { runs: [] as RunLine[], failed: [] as FailedLine[], skipped: [] as SkippedLine[], whole: false };
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const added = addLine(found, line, index + 1);
    if (!added.ok) return added;
  }
  return ok({ results: { head: opened.value, ...found }, cutOff: cutOffText(found, opened.value, rest) });
}

function addLine(found: { runs: RunLine[]; failed: FailedLine[]; skipped: SkippedLine[]; whole: boolean }, line: string, number: number): Result<null> {
  const json = readJson(line);
  const at = `line ${number}`;
  if ("why" in json) return notOurs(`${at}: ${line.slice(0, 40)}`, "one JSON value a line");
  const kind = isRecord(json.value) ? json.value["kind"] : undefined;
  const keep = <T>(read: Result<T>, into: T[]): Result<null> => {
    if (!read.ok) return read;
    into.push(read.value);
    return ok(null);
  };
  if (kind === "run") return keep(readWith(runLine, json.value, at), found.runs);
  if (kind === "failed") return keep(readWith(failedLine, json.value, at), found.failed);
  if (kind === "skipped") return keep(readWith(skippedLine, json.value, at), found.skipped);
  if (kind !== "end" || !isRecord(json.value)) return notOurs(`${at}: ${line.slice(0, 40)}`, "a run, a failed run, a skipped cell or the end");
  found.whole = json.value["whole"] === true;
  return ok(null);
}

function cutOffText({ runs, failed, whole: all }: { readonly runs: readonly RunLine[]; readonly failed: readonly FailedLine[]; readonly whole: boolean }, { runs: planned }: HeadLine, rest: string): string | null {
  const there = runs.length + failed.length;
  if (rest.trim() !== "") return `The file ends in the middle of a line: ${there} of ${planned} runs could be read.`;
  return all ? null : `The file has ${there} of ${planned} runs: the experiment was not finished.`;
}
