/** How long each tier takes, from what runs measured: lines over its blocks, for a decode step and for a position of a prompt. */
import { median } from "../../measure/summary.ts";
import type { RunRecord } from "../../run/record.ts";
import { factsOf } from "../../strategies/table.ts";
import { fitTierLine, type TierPace } from "./tier-line.ts";

export interface TierTimes {
  readonly device: TierPace | null;
  readonly edge: TierPace | null;
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
  return { device: paceOf(usable, "device"), edge: paceOf(usable, "edge") };
}

function paceOf(records: readonly Timed[], tier: "device" | "edge"): TierPace | null {
  const part = tier === "device" ? "deviceMs" : "edgeMs";
  const decode = fitTierLine(
    records.map((record) => ({
      blocks: blocksOn(record, tier),
      ms: median(record.tokens.slice(1).map((token) => token[part])) ?? NaN,
    })),
  );
  const prefill = fitTierLine(
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
