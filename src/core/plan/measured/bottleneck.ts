/**
 * What binds a run: the largest part of its time per token. The link's part is parted in what the
 * bytes cost at the link's rate and the rest, which is round trips: only the first would shrink
 * with fewer bytes.
 */
import { median } from "../../measure/summary.ts";
import type { RunRecord, TokenEvent } from "../../run/record.ts";

export type Bottleneck = "rtt" | "bandwidth" | "device" | "edge" | "queue" | "other";

/** Per decoded token, ms: medians, or means where one round's time stands with the first of its tokens. */
export type PartsPerToken = Readonly<Record<Bottleneck, number>>;

/** Null without decoded tokens. */
export function partsPerToken(record: RunRecord): PartsPerToken | null {
  const tokens = record.tokens.slice(1);
  if (tokens.length === 0) return null;
  const figures = record.resolved?.link.figures ?? null;
  const transferMs = (token: TokenEvent): number => {
    const up = figures && figures.uplinkMbps > 0 ? (token.upBytes * 8) / (figures.uplinkMbps * 1000) : 0;
    const down = figures && figures.downlinkMbps > 0 ? (token.downBytes * 8) / (figures.downlinkMbps * 1000) : 0;
    return Math.min(token.linkMs, up + down);
  };
  const drafted = (record.rounds ?? []).length > 0;
  const of = (part: (token: TokenEvent) => number): number =>
    drafted ? tokens.reduce((sum, token) => sum + part(token), 0) / tokens.length : (median(tokens.map(part)) ?? 0);
  return {
    rtt: of((token) => token.linkMs - transferMs(token)),
    bandwidth: of(transferMs),
    device: of((token) => token.deviceMs + token.encodeMs + token.decodeMs + token.sampleMs),
    edge: of((token) => token.edgeMs),
    queue: of((token) => token.queueMs),
    other: of((token) => token.otherMs),
  };
}

export function bottleneckOf(parts: PartsPerToken): Bottleneck {
  const names: readonly Bottleneck[] = ["rtt", "bandwidth", "device", "edge", "queue", "other"];
  return names.reduce((most, name) => (parts[name] > parts[most] ? name : most));
}

/**
 * Time per output token: the time from the first token to the last, less any outage, shared among those between.
 * Not the median interval: streamed tokens arrive in bursts, most of them at no distance at all.
 * Null without decoded tokens.
 */
export function tpotOf({ tokens }: Pick<RunRecord, "tokens">): number | null {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const awayMs = tokens.slice(1).reduce((sum, token) => sum + token.outageMs, 0);
  return (last.atMs - first.atMs - awayMs) / (tokens.length - 1);
}
