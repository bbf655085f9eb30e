/** The edge's last two minutes as points of a chart and as words. */
import type { EdgeStatus, RecentLoad } from "#core/run/edge-status.ts";
import { count } from "../format/units.ts";

export interface LoadPoint {
  /** Seconds before now: 0 is the newest. */
  readonly ago: number;
  readonly clients: number;
  readonly waiting: number;
  readonly batch: number | null;
  readonly batchMost: number | null;
  readonly tokensPerSecond: number;
}

export const loadPoints = ({
  everyMs,
  clients,
  waiting,
  batch,
  batchMost,
  tokensPerSecond,
}: RecentLoad): readonly LoadPoint[] =>
  waiting.map((each, at) => ({
    ago: ((waiting.length - 1 - at) * everyMs) / 1000,
    clients: clients[at] ?? 0,
    waiting: each,
    batch: batch[at] ?? null,
    batchMost: batchMost[at] ?? null,
    tokensPerSecond: tokensPerSecond[at] ?? 0,
  }));

/** Over the last seconds: a rate that the eye can follow. */
const SMOOTHED = 5;

export function tokensNow(points: readonly LoadPoint[]): number {
  const last = points.slice(-SMOOTHED);
  return last.reduce((sum, { tokensPerSecond }) => sum + tokensPerSecond, 0) / Math.max(1, last.length);
}

/** The batch of the last second with any step, and the most of two minutes; null where nothing was computed. */
export function batchNow(points: readonly LoadPoint[]): { readonly mean: number; readonly most: number } | null {
  const last = points.slice(-SMOOTHED).findLast(({ batch }) => batch !== null)?.batch ?? null;
  const most = Math.max(0, ...points.map(({ batchMost }) => batchMost ?? 0));
  return most === 0 ? null : { mean: last ?? 0, most };
}

/** "3.2", "12": a rate or a mean. */
export const rateText = (value: number): string => (value >= 100 ? count(value) : value.toFixed(value >= 10 ? 0 : 1));

/** In one sentence, for those who hear the chart. */
export function loadSummary({ clients, recent }: EdgeStatus): string {
  const points = loadPoints(recent);
  const waited = Math.max(0, ...points.map(({ waiting }) => waiting));
  const batch = batchNow(points);
  const seconds = Math.round((points.length * recent.everyMs) / 1000);
  return `${clients.length === 1 ? "1 client" : `${clients.length} clients`}, ${rateText(tokensNow(points))} tokens a second now. In the last ${seconds} seconds at most ${waited} steps waited, and at most ${batch?.most ?? 0} shared a pass.`;
}
