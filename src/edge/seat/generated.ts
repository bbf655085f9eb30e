/** What a seat gives of an answer as it comes, and what the edge took for several steps of it. */
import type { EdgeTiming } from "#wire/messages.ts";

export interface GeneratedToken {
  readonly position: number;
  readonly id: number;
  readonly finish: "none" | "eos" | "length" | "context";
  readonly timing: EdgeTiming;
}

/** A round as the wire tells it: cut short where the text ends. */
export interface GeneratedRound {
  readonly position: number;
  readonly drafted: Uint32Array;
  readonly accepted: number;
  readonly next: number | null;
  readonly finish: GeneratedToken["finish"];
  readonly timing: EdgeTiming;
}

export const NO_TIME: EdgeTiming = { queueUs: 0, computeUs: 0 };

/** Together; of their batches the larger. */
export const sumOf = (a: EdgeTiming, b: EdgeTiming): EdgeTiming => {
  const batch = Math.max(a.batch ?? 1, b.batch ?? 1);
  return { queueUs: a.queueUs + b.queueUs, computeUs: a.computeUs + b.computeUs, ...(batch > 1 ? { batch } : {}) };
};
