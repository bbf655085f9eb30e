/**
 * What the planner needs to know of two tiers and a link, from a few short runs of one model at
 * both ends, since time over the cut is a line: the time of a block on either tier, and what a
 * token takes beside compute and the link's figures. That rest holds the turns between threads
 * and what the real link adds, so it is taken per mode, from runs over the very link.
 */
import { expectedPassageMs, UNSHAPED } from "../../link/link-model.ts";
import { median } from "../../measure/summary.ts";
import type { RunRecord, TokenEvent } from "../../run/record.ts";
import { tpotOf } from "./bottleneck.ts";
import type { PlainPlace } from "../../strategies/facts.ts";
import { factsOf } from "../../strategies/table.ts";
import type { Overheads } from "../planner.ts";
import type { TierPace } from "./tier-line.ts";
import { tierTimesOf } from "./tier-times.ts";

export interface Calibration {
  readonly device: TierPace;
  readonly edge: TierPace;
  readonly overheads: Overheads;
  readonly realRttMs: number;
  /** Keys and values of one position in one block; 0 where no run kept any on the device. */
  readonly kvBytes: number;
}

/** Null until both tiers have computed. */
export function calibrationOf(records: readonly RunRecord[]): Calibration | null {
  const { device, edge } = tierTimesOf(records);
  if (device === null || edge === null) return null;
  const realRttMs = median(records.flatMap(({ resolved }) => resolved?.link.realRttMs ?? [])) ?? 0;
  const of = (place: PlainPlace): Overheads["cut"] =>
    overheadsOf(
      records.filter(({ config }) => factsOf(config.mode).plain === place),
      realRttMs,
    );
  return {
    device,
    edge,
    overheads: { cut: of("cut"), edge: of("edge"), device: of("device") },
    realRttMs,
    kvBytes: Math.max(
      0,
      ...records.flatMap(({ memory, resolved }) =>
        resolved !== null && resolved.cut > 0 && resolved.capacity > 0
          ? memory.device.kvBytes / (resolved.cut * resolved.capacity)
          : [],
      ),
    ),
  };
}

/** Time to the first token but for setting up: opening sessions belongs to the run before which nothing was open. */
export function firstTokenMs({ tokens: [first] }: Pick<RunRecord, "tokens">): number | null {
  return first === undefined ? null : first.atMs - first.otherMs;
}

function overheadsOf(records: readonly RunRecord[], realRttMs: number): Overheads["cut"] {
  const first = records.flatMap((record) => {
    const [token] = record.tokens;
    const ms = firstTokenMs(record);
    return token === undefined || ms === null
      ? []
      : [ms - token.deviceMs - token.edgeMs - expectedLinkMs(record, token, realRttMs)];
  });
  const step = records.flatMap((record) => {
    const tpotMs = tpotOf(record);
    const decoded = record.tokens.slice(1);
    const middle = (pick: (token: TokenEvent) => number): number => median(decoded.map(pick)) ?? 0;
    const [token] = decoded;
    if (tpotMs === null || token === undefined) return [];
    // Streamed tokens wait for no round trip.
    const linkMs = factsOf(record.config.mode).crosses === "once" ? 0 : expectedLinkMs(record, token, realRttMs);
    return [tpotMs - middle(({ deviceMs }) => deviceMs) - middle(({ edgeMs }) => edgeMs) - linkMs];
  });
  return { firstMs: Math.max(0, median(first) ?? 0), stepMs: Math.max(0, median(step) ?? 0) };
}

/** What the link's figures come to for this token's bytes; 0 for a run without a link. */
function expectedLinkMs(
  { config, resolved }: RunRecord,
  { upBytes, downBytes }: TokenEvent,
  realRttMs: number,
): number {
  if (!factsOf(config.mode).needs.edge) return 0;
  const asked = resolved?.link.figures ?? UNSHAPED;
  const figures = { ...asked, rttMs: Math.max(asked.rttMs, realRttMs) };
  return expectedPassageMs(figures, "up", upBytes) + expectedPassageMs(figures, "down", downBytes);
}
