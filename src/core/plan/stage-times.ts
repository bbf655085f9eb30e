/**
 * How long each tier takes, from what runs measured: a fixed part and a part per block, for one
 * decode step and per position of a prefill. One run gives the sum only, so all of it is laid to
 * the blocks; two runs at different cuts give both, by a least-squares line that neither part of
 * which may be negative.
 */
import { median } from "../measure/summary.ts";
import type { RunRecord } from "../run/record.ts";
import { factsOf } from "../strategies/table.ts";

export interface StageLine {
  readonly fixedMs: number;
  readonly perBlockMs: number;
}

export interface StageTimes {
  /** One step of one position. */
  readonly decode: StageLine;
  /** Per position of a prompt. */
  readonly prefill: StageLine;
}

export interface StageSample {
  readonly blocks: number;
  readonly ms: number;
}

/** Null without a sample that had blocks. */
export function fitStage(samples: readonly StageSample[]): StageLine | null {
  const used = samples.filter(({ blocks, ms }) => blocks > 0 && Number.isFinite(ms) && ms >= 0);
  if (used.length === 0) return null;
  const mean = (of: (sample: StageSample) => number): number =>
    used.reduce((sum, sample) => sum + of(sample), 0) / used.length;
  const meanBlocks = mean(({ blocks }) => blocks);
  const meanMs = mean(({ ms }) => ms);
  const variance = mean(({ blocks }) => (blocks - meanBlocks) ** 2);
  const slope =
    variance === 0 ? meanMs / meanBlocks : mean(({ blocks, ms }) => (blocks - meanBlocks) * (ms - meanMs)) / variance;
  const perBlockMs = Math.max(0, Math.min(slope, meanMs / meanBlocks)); // a steeper line would start below 0
  return { perBlockMs, fixedMs: Math.max(0, meanMs - perBlockMs * meanBlocks) };
}

export interface TierTimes {
  readonly device: StageTimes | null;
  readonly edge: StageTimes | null;
}

/** What of a run says how long its tiers took. */
export type Timed = Pick<RunRecord, "resolved" | "config" | "tokens" | "moves">;

/** What runs of one model, backend and edge say about both tiers. Runs without a KV cache, without a second token or with a cut that moved say nothing. */
export function tierTimesOf(records: readonly Timed[]): TierTimes {
  const usable = records.filter(
    (record) =>
      record.resolved !== null &&
      record.config.kvCache &&
      !factsOf(record.config.mode).needs.generator &&
      record.moves === undefined &&
      record.tokens.length > 1,
  );
  return { device: stageTimesOf(usable, "device"), edge: stageTimesOf(usable, "edge") };
}

function stageTimesOf(records: readonly Timed[], tier: "device" | "edge"): StageTimes | null {
  const part = tier === "device" ? "deviceMs" : "edgeMs";
  const decode = fitStage(
    records.map((record) => ({
      blocks: blocksOn(record, tier),
      ms: median(record.tokens.slice(1).map((token) => token[part])) ?? NaN,
    })),
  );
  const prefill = fitStage(
    records.map((record) => ({
      blocks: blocksOn(record, tier),
      ms: (record.tokens[0]?.[part] ?? NaN) / (record.tokens[0]?.positions ?? NaN),
    })),
  );
  return decode && prefill ? { decode, prefill } : null;
}

function blocksOn({ resolved }: Timed, tier: "device" | "edge"): number {
  if (resolved === null) return 0;
  const onDevice = resolved.cut + resolved.tail;
  return tier === "device" ? onDevice : resolved.blocks - onDevice;
}
