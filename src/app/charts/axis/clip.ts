/**
 * How high an axis reaches when one value towers over the rest: to the highest that is not far out
 * (Tukey's outer fence, three interquartile ranges above the upper quartile), so that one stall
 * does not flatten everything else. What is above is marked, counted, and can be opened.
 */
import { spread, summarize } from "#core/measure/summary.ts";

export interface Reach {
  /** The highest value that is drawn in full. */
  readonly most: number;
  /** How many stand above it. */
  readonly over: number;
}

/** Quartiles of fewer say little. */
const LEAST_VALUES = 5;
/** What is clipped must be worth the mark: this many times as high as the rest. */
const WORTH = 2;
/** More than this share is no exception. */
const MOST_SHARE = 0.1;

/** Values up to `sure` are never out, however far they stand from the rest. */
export function reachOf(values: readonly number[], sure = 0): Reach {
  const positive = values.filter((value) => value > 0);
  const summary = summarize(positive);
  if (summary === null || summary.n < LEAST_VALUES) return { most: summary?.most ?? 0, over: 0 };
  const fence = Math.max(sure, summary.q3 + 3 * spread(summary));
  const most = Math.max(...positive.filter((value) => value <= fence));
  const over = positive.filter((value) => value > most).length;
  const few = over <= Math.max(1, MOST_SHARE * summary.n);
  return over > 0 && few && summary.most >= WORTH * most ? { most, over } : { most: summary.most, over: 0 };
}
