/**
 * A tier's time over its blocks: a fixed part and a part per block. One sample gives the sum only,
 * so all of it is laid to the blocks; two with different blocks give both, by a least-squares line
 * that neither part of which may be negative.
 */
export interface TierLine {
  readonly fixedMs: number;
  readonly perBlockMs: number;
}

/** How long a tier takes over its blocks. */
export interface TierPace {
  /** One step of one position. */
  readonly decode: TierLine;
  /** Per position of a prompt. */
  readonly prefill: TierLine;
}

export interface TierSample {
  readonly blocks: number;
  readonly ms: number;
}

/** Null without a sample that had blocks. */
export function fitTierLine(samples: readonly TierSample[]): TierLine | null {
  const used = samples.filter(({ blocks, ms }) => blocks > 0 && Number.isFinite(ms) && ms >= 0);
  if (used.length === 0) return null;
  const mean = (of: (sample: TierSample) => number): number =>
    used.reduce((sum, sample) => sum + of(sample), 0) / used.length;
  const meanBlocks = mean(({ blocks }) => blocks);
  const meanMs = mean(({ ms }) => ms);
  const variance = mean(({ blocks }) => (blocks - meanBlocks) ** 2);
  const slope =
    variance === 0 ? meanMs / meanBlocks : mean(({ blocks, ms }) => (blocks - meanBlocks) * (ms - meanMs)) / variance;
  const perBlockMs = Math.max(0, Math.min(slope, meanMs / meanBlocks)); // a steeper line would start below 0
  return { perBlockMs, fixedMs: Math.max(0, meanMs - perBlockMs * meanBlocks) };
}
