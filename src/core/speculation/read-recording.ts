/**
 * A recording for replays, from a file: either one made for it (tools/record-acceptance.ts), or any
 * run record of a run that drafted. Of a run, a token that came behind a window that stood in whole
 * was never drafted, so nothing is known of it and it is left out; how sure the draft was is not in
 * the record either.
 */
import { refuse, ok, type Result } from "../run/failure.ts";
import { isRecord } from "../run/json-reader.ts";
import type { Recording, ReplayTimes } from "./replay.ts";

export interface ReadRecording {
  readonly recording: Recording;
  /** False where the file does not say how sure the draft was. */
  readonly knowsConfidence: boolean;
  /** As measured in the run; null where the file has no times. */
  readonly times: Pick<ReplayTimes, "draftMs" | "verifyMs"> | null;
}

/** `value` is the file's JSON. Failures: bad-value. */
export function readRecording(value: unknown): Result<ReadRecording> {
  if (isRecord(value) && typeof value["agrees"] === "string" && Array.isArray(value["confidences"])) return fromMarks(value["agrees"], value["confidences"]);
  if (isRecord(value) && Array.isArray(value["tokens"])) return fromRun(value["tokens"], value["totals"]);
  return unfit("a recording of acceptance, or the record of a run that drafted");
}

const unfit = (expected: string): Result<never> => refuse({ code: "bad-value", key: "replay", value: "this file", expected });

function fromMarks(agrees: string, confidences: readonly unknown[]): Result<ReadRecording> {
  const sure = confidences.filter((each) => typeof each === "number");
  if (!/^[01]+$/.test(agrees) || sure.length !== agrees.length) return unfit("a 0 or 1 and a confidence for every token");
  return ok({ recording: { agrees: Array.from(agrees, (mark) => mark === "1"), confidences: sure }, knowsConfidence: true, times: null });
}

function fromRun(tokens: readonly unknown[], totals: unknown): Result<ReadRecording> {
  const fates = tokens.map((token) => (isRecord(token) ? token["fate"] : undefined));
  const agrees = fates.filter((fate) => fate === "accepted" || fate === "corrected").map((fate) => fate === "accepted");
  if (agrees.length === 0) return unfit("a run in which tokens were drafted and judged");
  const speculation = isRecord(totals) && isRecord(totals["speculation"]) ? totals["speculation"] : {};
  const { draftMs, verifyMs } = speculation;
  const times = typeof draftMs === "number" && typeof verifyMs === "number" ? { draftMs, verifyMs } : null;
  return ok({ recording: { agrees, confidences: agrees.map(() => 1) }, knowsConfidence: false, times });
}
