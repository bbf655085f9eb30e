/**
 * What the planner needs to know of two tiers and a link, from a few runs of one model: the time
 * of a block on either tier, and what a step takes beside compute and link. Short runs at both
 * ends are enough, since time over the cut is a line.
 */
import { intervalsOf } from "../measure/totals.ts";
import { median } from "../measure/summary.ts";
import type { RunRecord } from "../run/record.ts";
import { tierTimesOf, type StageTimes } from "./stage-times.ts";

export interface Calibration {
  readonly device: StageTimes;
  readonly edge: StageTimes;
  readonly stepOverheadMs: number;
  readonly realRttMs: number;
  /** Keys and values of one position in one block; 0 where no run kept any on the device. */
  readonly kvBytes: number;
}

/** Null until both tiers have computed. */
export function calibrationOf(records: readonly RunRecord[]): Calibration | null {
  const { device, edge } = tierTimesOf(records);
  if (device === null || edge === null) return null;
  return {
    device,
    edge,
    stepOverheadMs: median(records.filter(({ config }) => config.mode === "split" || config.mode === "device-only").flatMap(overheadsOf)) ?? 0,
    realRttMs: median(records.flatMap(({ resolved }) => resolved?.link.realRttMs ?? [])) ?? 0,
    kvBytes: Math.max(0, ...records.flatMap(({ memory, resolved }) => (resolved !== null && resolved.cut > 0 && resolved.capacity > 0 ? memory.device.kvBytes / (resolved.cut * resolved.capacity) : []))),
  };
}

/** Of each decoded token: what its interval held beside both tiers' compute and the link. */
function overheadsOf({ tokens }: RunRecord): readonly number[] {
  return intervalsOf(tokens).slice(1).flatMap((interval, index) => {
    const token = tokens[index + 1];
    return token === undefined ? [] : Math.max(0, interval - token.deviceMs - token.edgeMs - token.linkMs);
  });
}
