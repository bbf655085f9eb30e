/**
 * How sure a draft must be to go on without the edge, as what asking costs changes: a slow link or
 * a busy edge lowers the bar, a near and idle one raises it. Lossy by design: nothing checks what
 * the draft was sure of.
 * The bar is the configured one where asking costs as much as ten drafted tokens, and falls by
 * `PER_DOUBLING` each time that doubles.
 */

const PER_DOUBLING = 0.05;
const USUAL_COST = 10;
const LEAST = 0.05;
const MOST = 0.999;

export interface AskingCost {
  /** Of asking the edge: link, queue and compute. */
  readonly askMs: number;
  /** Of drafting a token. */
  readonly draftMs: number;
}

/** `cost` is null before anything was asked. */
export function thresholdNow(configured: number, cost: AskingCost | null): number {
  if (cost === null || cost.draftMs <= 0 || cost.askMs <= 0) return configured;
  return Math.min(
    MOST,
    Math.max(LEAST, configured - PER_DOUBLING * Math.log2(cost.askMs / (USUAL_COST * cost.draftMs))),
  );
}

/** Newer measurements weigh as much as all before them. */
export const blended = (so: number | null, now: number): number => (so === null ? now : (so + now) / 2);
