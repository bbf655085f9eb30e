/**
 * What was at work at one time of a run, for the strip: one part of one token, or, where windows are
 * drafted here, whatever each of them was at, several at a time. From the record alone: a tier lights
 * as a whole, since no record times single blocks, and a packet is drawn where a message was counted.
 */
import type { RoundEvent, TokenEvent } from "#core/run/record.ts";
import { momentAt, tokenAt, type LaidPart, type Moment } from "./timeline.ts";

export interface StripMoment extends Moment {
  /** A message was on the way. */
  readonly flew: boolean;
}

/** `rounds` are the windows that the device drafted; none where it drafts nothing. */
export function momentsAt(
  tokens: readonly TokenEvent[],
  rounds: readonly RoundEvent[],
  ms: number,
): readonly StripMoment[] {
  if (rounds.length === 0) {
    const moment = momentAt(tokens, ms);
    return moment === null ? [] : [{ ...moment, flew: flewIn(tokens[moment.token], moment.span) }];
  }
  const token = tokenAt(tokens, ms);
  return rounds.flatMap((round) =>
    legsOf(round)
      .filter(({ fromMs, toMs }) => ms >= fromMs && ms < toMs)
      .map((span) => ({ token, span, progress: (ms - span.fromMs) / (span.toMs - span.fromMs), flew: true })),
  );
}

const flewIn = (token: TokenEvent | undefined, { part }: LaidPart): boolean =>
  (part === "uplinkMs" && (token?.upBytes ?? 0) > 0) || (part === "downlinkMs" && (token?.downBytes ?? 0) > 0);

/** A window's way, from its first drafted token to its verdict. One clock cannot tell up from down: the link's share is halved. */
export function legsOf({
  draftFromMs,
  sentMs,
  answeredMs,
  queueMs,
  edgeMs,
}: Pick<RoundEvent, "draftFromMs" | "sentMs" | "answeredMs" | "queueMs" | "edgeMs">): readonly LaidPart[] {
  const linkMs = Math.max(0, answeredMs - sentMs - queueMs - edgeMs);
  const legs = [
    ["deviceMs", sentMs - draftFromMs],
    ["uplinkMs", linkMs / 2],
    ["queueMs", queueMs],
    ["edgeMs", edgeMs],
    ["downlinkMs", linkMs / 2],
  ] as const;
  let at = draftFromMs;
  return legs.flatMap(([part, ms]) => {
    const fromMs = at;
    at += ms;
    return ms > 0 ? [{ part, fromMs, toMs: at }] : [];
  });
}
