/** Samples to summaries: median, quantiles, spread, n. No sample is ever dropped. */

export interface Summary {
  readonly n: number;
  readonly median: number;
  /** Quartiles; their distance is the spread. */
  readonly q1: number;
  readonly q3: number;
  readonly p95: number;
  readonly least: number;
  readonly most: number;
}

/**
 * The value below which a share `q` of the samples lies, interpolated between the two nearest
 * (R's type 7, the usual one). Null without samples.
 */
export function quantile(samples: readonly number[], q: number): number | null {
  return quantileOfSorted(
    [...samples].sort((a, b) => a - b),
    q,
  );
}

function quantileOfSorted(sorted: readonly number[], q: number): number | null {
  const at = (sorted.length - 1) * Math.min(1, Math.max(0, q));
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) return null;
  return below === above ? below : below + (above - below) * (at - Math.floor(at));
}

export const median = (samples: readonly number[]): number | null => quantile(samples, 0.5);

/** Null without samples. */
export function summarize(samples: readonly number[]): Summary | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number): number => quantileOfSorted(sorted, q) ?? 0;
  if (sorted.length === 0) return null;
  return { n: sorted.length, median: at(0.5), q1: at(0.25), q3: at(0.75), p95: at(0.95), least: at(0), most: at(1) };
}

/** Interquartile range: the width of the middle half. */
export const spread = (summary: Summary): number => summary.q3 - summary.q1;
