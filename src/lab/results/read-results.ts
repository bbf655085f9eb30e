/**
 * A result file, line by line. What is whole is opened, and every line that is not is named by its
 * number and left out: a file that was cut off, that lost its beginning, or that holds something
 * else still shows what could be read. Files of earlier schemas are upgraded, and say so.
 */
import { refuse, ok, type Failure, type Result } from "#core/run/failure.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { isRecord, readJson, shown } from "#core/schema/json.ts";
import { anyRunRecord, readRunRecord } from "#core/run/record/read-record.ts";
import type { RunRecord } from "#core/run/record.ts";
import { readWith } from "#core/schema/read.ts";
import {
  anyHeadLine,
  failedLine,
  runLine,
  skippedLine,
  type FailedLine,
  type HeadLine,
  type Results,
  type RunLine,
  type SkippedLine,
} from "./results.ts";

export interface OpenedResults {
  readonly results: Results;
  /** What is missing or was left out, a sentence each; none when the file is whole. */
  readonly notices: readonly string[];
}

const EXPECTED = "JSON Lines as npm run bench writes them, beginning with the experiment";
const notOurs = (value: string, expected: string): { readonly ok: false; readonly failure: Failure } =>
  refuse({ code: "bad-value", key: "result file", value, expected });

export function readResults(source: string): Result<OpenedResults> {
  const lines = linesIn(source);
  const [first] = lines;
  if (first === undefined) return notOurs("line 1: nothing, the file is empty", EXPECTED);
  const json = readJson(first.text);
  const single = readJson(source);
  const newer =
    "value" in single && isRecord(single.value) && single.value["kind"] === undefined
      ? readWith(anyRunRecord, single.value, "record")
      : null;
  if (newer?.ok === false && newer.failure.code === "bad-value" && newer.failure.key === "record.schema") return newer;
  if ("why" in json)
    return notOurs(`line 1: ${shown(first.text)}, not JSON${first.ended ? "" : " or cut off"}`, EXPECTED);
  if (isRecord(json.value) && json.value["kind"] !== "experiment")
    return notOurs(`line 1: ${shown(json.value["kind"])}, so its beginning is missing`, EXPECTED);
  const opened = readWith(anyHeadLine, json.value, "line 1");
  if (!opened.ok) return opened;
  const found = new Found();
  for (const line of lines.slice(1)) found.add(line);
  return ok({
    results: { head: opened.value, runs: found.runs, failed: found.failed, skipped: found.skipped, whole: found.whole },
    notices: noticesOf(found, opened.value),
  });
}

interface Line {
  readonly number: number;
  readonly text: string;
  /** It has its line break: the writer was done with it. */
  readonly ended: boolean;
}

function linesIn(source: string): readonly Line[] {
  const parts = source.replace(/^\ufeff/, "").split("\n");
  return parts.flatMap((part, index) =>
    part.trim() === "" ? [] : [{ number: index + 1, text: part, ended: index < parts.length - 1 }],
  );
}

const MOST_NAMED = 3;

class Found {
  readonly runs: RunLine[] = [];
  readonly failed: FailedLine[] = [];
  readonly skipped: SkippedLine[] = [];
  readonly leftOut: string[] = [];
  cutOff: number | null = null;
  whole = false;

  add({ number, text: said, ended }: Line): void {
    const at = `line ${number}`;
    const json = readJson(said);
    if ("why" in json) {
      if (!ended) this.cutOff = number;
      else this.leftOut.push(`${at} is not JSON`);
      return;
    }
    const kind = isRecord(json.value) ? json.value["kind"] : undefined;
    if (kind === "run") this.keep(readWith(runLine, json.value, at), this.runs, at);
    else if (kind === "failed") this.keep(readWith(failedLine, json.value, at), this.failed, at);
    else if (kind === "skipped") this.keep(readWith(skippedLine, json.value, at), this.skipped, at);
    else if (kind === "end" && isRecord(json.value)) this.whole = json.value["whole"] === true;
    else this.leftOut.push(`${at} is neither a run, a failed run, a skipped cell nor the end`);
  }

  private keep<T>(read: Result<T>, into: T[], at: string): void {
    if (read.ok) into.push(read.value);
    else this.leftOut.push(`${at}: ${describeFailure(read.failure).title}`);
  }
}

function noticesOf(
  { runs, failed, leftOut, cutOff, whole: all }: Found,
  { runs: planned }: HeadLine,
): readonly string[] {
  const there = `${runs.length + failed.length} of ${planned} runs could be read`;
  const named = leftOut.slice(0, MOST_NAMED).join("; ");
  const more = leftOut.length > MOST_NAMED ? ` and ${leftOut.length - MOST_NAMED} more lines` : "";
  return [
    ...(cutOff === null ? [] : [`The file ends in the middle of line ${cutOff}: ${there}.`]),
    ...(leftOut.length === 0 ? [] : [`Left out: ${named}${more}. ${there}.`]),
    ...(cutOff === null && leftOut.length === 0 && !all
      ? [`The file has ${runs.length + failed.length} of ${planned} runs: the experiment was not finished.`]
      : []),
  ];
}

/** The records of a file that holds runs but no experiment: one record as the page saves it, several a line, or a result file without its beginning. */
export function readLooseRecords(source: string): readonly RunRecord[] {
  const one = readJson(source);
  const values =
    "value" in one
      ? Array.isArray(one.value)
        ? (one.value as readonly unknown[])
        : [one.value]
      : linesIn(source).map(({ text: said }) => valueIn(said));
  return values.flatMap(
    (value) => readRunRecord(isRecord(value) && value["kind"] === "run" ? value["record"] : value) ?? [],
  );
}

function valueIn(line: string): unknown {
  const json = readJson(line);
  return "value" in json ? json.value : null;
}
