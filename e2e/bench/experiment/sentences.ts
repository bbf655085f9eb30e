/** What the bench says in the terminal: failures as sentences, and durations. */
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Failed, Failure } from "#core/run/failure.ts";

/** A failure as its sentence; anything else is a bug, or one of our own sentences. */
export function said(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (!("failure" in thrown)) return thrown.message;
  return textOf((thrown as Failed).failure);
}

export function textOf(failure: Failure): string {
  const { title, detail, next } = describeFailure(failure);
  return [title, detail, next].filter((each) => each !== "").join(" ");
}

export const minutes = (ms: number): string =>
  ms < 90_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`;
