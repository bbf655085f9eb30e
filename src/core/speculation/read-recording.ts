/**
 * A recording for replays, from a file: one made for it (tools/record-acceptance.ts), the record of
 * a run that drafted, or JSON Lines of such records, an experiment's results among them, whose
 * answers are put one behind the other. Of a run, a token that came behind a window that stood in
 * whole was never drafted, so nothing is known of it and it is left out; how sure the draft was is
 * not in the record either.
 */
import { median } from "../measure/summary.ts";
import { refuse, ok, type Result } from "../run/failure.ts";
import { isRecord } from "../schema/json.ts";
import type { Recording, ReplayTimes } from "./replay.ts";

export interface ReadRecording {
  readonly recording: Recording;
  /** False where the file does not say how sure the draft was. */
  readonly knowsConfidence: boolean;
  /** As measured in the run; null where the file has no times. */
  readonly times: Pick<ReplayTimes, "draftMs" | "verifyMs"> | null;
  /** Answers that it is made of. */
  readonly answers: number;
}

/** `text` is the file's: one JSON value, or one on each line. Failures: bad-value, with the line where there are several. */
export function readRecordings(text: string): Result<ReadRecording> {
  const whole = parsed(text);
  if (whole !== undefined) return readRecording(whole);
  const lines = text
    .split("\n")
    .map((line, at) => ({ line, at: at + 1 }))
    .filter(({ line }) => line.trim() !== "");
  if (lines.length === 0) return unfit("JSON, or JSON Lines: this is empty");
  const read: ReadRecording[] = [];
  for (const { line, at } of lines) {
    const value = parsed(line);
    if (value === undefined)
      return unfit(
        lines.length < 2 ? "JSON, or JSON Lines: this is neither" : `JSON on every line, which line ${at} is not`,
      );
    if (!drafted(value)) continue; // an experiment's head, its end, and the runs it compares drafting with
    const one = readRecording(isRecord(value) && isRecord(value["record"]) ? value["record"] : value);
    if (!one.ok) return one;
    read.push(one.value);
  }
  return read.length > 0
    ? ok(together(read))
    : unfit("a run in which tokens were drafted and judged on one of its lines");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // said by who asked
  }
}

function drafted(value: unknown): boolean {
  const record = isRecord(value) && isRecord(value["record"]) ? value["record"] : value;
  return isRecord(record) && (typeof record["agrees"] === "string" || fatesOf(record["tokens"]).length > 0);
}

function together(read: readonly ReadRecording[]): ReadRecording {
  const draftMs = median(read.flatMap(({ times }) => times?.draftMs ?? []));
  const verifyMs = median(read.flatMap(({ times }) => times?.verifyMs ?? []));
  return {
    recording: {
      agrees: read.flatMap(({ recording }) => recording.agrees),
      confidences: read.flatMap(({ recording }) => recording.confidences),
    },
    knowsConfidence: read.every(({ knowsConfidence }) => knowsConfidence),
    times: draftMs === null || verifyMs === null ? null : { draftMs, verifyMs },
    answers: read.reduce((sum, { answers }) => sum + answers, 0),
  };
}

/** Of one value. Failures: bad-value. */
function readRecording(value: unknown): Result<ReadRecording> {
  if (isRecord(value) && typeof value["agrees"] === "string" && Array.isArray(value["confidences"]))
    return fromMarks(value["agrees"], value["confidences"]);
  if (isRecord(value) && Array.isArray(value["tokens"])) return fromRun(value["tokens"], value["totals"]);
  return unfit("a recording of acceptance, or the record of a run that drafted");
}

const unfit = (expected: string): Result<never> =>
  refuse({ code: "bad-value", key: "replay", value: "this file", expected });

function fromMarks(agrees: string, confidences: readonly unknown[]): Result<ReadRecording> {
  const sure = confidences.filter((each): each is number => typeof each === "number" && each >= 0 && each <= 1);
  if (!/^[01]+$/.test(agrees) || sure.length !== agrees.length || sure.length !== confidences.length)
    return unfit("a 0 or 1 and a confidence from 0 to 1 for every token");
  return ok({
    recording: { agrees: Array.from(agrees, (mark) => mark === "1"), confidences: sure },
    knowsConfidence: true,
    times: null,
    answers: 1,
  });
}

function fromRun(tokens: readonly unknown[], totals: unknown): Result<ReadRecording> {
  const agrees = fatesOf(tokens).map((fate) => fate === "accepted");
  if (agrees.length === 0) return unfit("a run in which tokens were drafted and judged");
  const speculation = isRecord(totals) && isRecord(totals["speculation"]) ? totals["speculation"] : {};
  const { draftMs, verifyMs } = speculation;
  const times =
    typeof draftMs === "number" && typeof verifyMs === "number" && draftMs >= 0 && verifyMs >= 0
      ? { draftMs, verifyMs }
      : null;
  return ok({ recording: { agrees, confidences: agrees.map(() => 1) }, knowsConfidence: false, times, answers: 1 });
}

/** Of tokens that were drafted and judged, or put in place of one. */
function fatesOf(tokens: unknown): readonly ("accepted" | "corrected")[] {
  if (!Array.isArray(tokens)) return [];
  return tokens.flatMap((token: unknown) =>
    isRecord(token) && (token["fate"] === "accepted" || token["fate"] === "corrected") ? [token["fate"]] : [],
  );
}
