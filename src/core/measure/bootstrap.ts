/**
 * A percentile bootstrap over groups: the interval in which a statistic stays when whole groups
 * are drawn again with replacement. Samples of one prompt are alike, so prompts are resampled,
 * never tokens: tokens drawn one by one would make the interval far too narrow.
 * Source: Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8
 * (hierarchical data); percentile intervals from Efron and Tibshirani, 1993, chapter 13.
 */
import { seededRandom } from "../link/random.ts";
import { quantile } from "./summary.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Null where the groups do not support one: no number, or fewer than its rule asks for. */
export type Statistic<G> = (groups: readonly G[]) => number | null;

interface Bootstrap {
  readonly seed?: number;
  readonly resamples?: number;
  /** Share of the resamples that the interval covers. */
  readonly confidence?: number;
}

/** Null with fewer than two groups: what one prompt did says nothing about the next. */
export function bootstrapInterval<G>(
  groups: readonly G[],
  statistic: Statistic<G>,
  { seed = 1, resamples = 1000, confidence = 0.95 }: Bootstrap = {},
): Interval | null {
  if (groups.length < 2) return null;
  const random = seededRandom(seed);
  const drawn = Array.from({ length: resamples }, () => {
    const again: G[] = [];
    for (let draw = 0; draw < groups.length; draw++) {
      const at = Math.floor(random() * groups.length);
      again.push(...groups.slice(at, at + 1));
    }
    return statistic(again);
  }).filter((value) => value !== null);
  const low = quantile(drawn, (1 - confidence) / 2);
  const high = quantile(drawn, (1 + confidence) / 2);
  return low === null || high === null ? null : { low, high };
}
