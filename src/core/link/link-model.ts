/**
 * A link, computed and never waited for: when a message handed over now has left, when it
 * arrives, and what each part of that took. The shaped channel holds real messages until then;
 * planners and simulators only add up.
 *
 * Per direction a message waits for those before it (first in, first out), is serialised at the
 * rate, travels half the RTT give or take the jitter, and is late by one RTT for every round of
 * retransmission that its unluckiest packet needs. Nothing overtakes: a message arrives no
 * earlier than the one before it. Rates in Mbit/s, times in ms, sizes in bytes.
 */
import type { LinkFigures } from "../run/config.ts";
import type { Random } from "./random.ts";

export type Direction = "up" | "down";

/** TCP payload of one Ethernet-sized packet: what loss strikes. */
const PACKET_BYTES = 1460;

export const UNSHAPED: LinkFigures = { uplinkMbps: 0, downlinkMbps: 0, rttMs: 0, jitterMs: 0, loss: 0 };

/** What holds at one moment. `bitsPerMs` is Infinity where the rate is unshaped and 0 in an outage. */
export interface Conditions {
  readonly bitsPerMs: { readonly up: number; readonly down: number };
  readonly rttMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  /** When these conditions end. */
  readonly untilMs: number;
}

/** A link over time: the conditions at any moment. */
export type LinkProfile = (atMs: number) => Conditions;

export function steadyProfile(figures: LinkFigures): LinkProfile {
  const { rttMs, jitterMs, loss } = figures;
  const conditions = {
    bitsPerMs: { up: shapedRate(figures.uplinkMbps), down: shapedRate(figures.downlinkMbps) },
    rttMs,
    jitterMs,
    loss,
    untilMs: Infinity,
  };
  return () => conditions;
}

const shapedRate = (mbps: number): number => (mbps === 0 ? Infinity : mbps * 1000);

/** One message's way over the link. The parts add up to `addedMs`. */
export interface Passage {
  /** When its last bit has left the sender. */
  readonly leavesAtMs: number;
  readonly arrivesAtMs: number;
  /** Behind earlier messages: before serialisation, and at the far end where one before it is late. */
  readonly queuedMs: number;
  readonly serialisedMs: number;
  readonly propagatedMs: number;
  readonly retransmittedMs: number;
  /** arrivesAtMs less the moment it was handed over. */
  readonly addedMs: number;
}

export interface LinkModel {
  /** Hands over a message; moments per direction must not go back. */
  send(direction: Direction, bytes: number, atMs: number): Passage;
}

export function linkModel(profile: LinkProfile, random: Random): LinkModel {
  const state = {
    up: { freeAtMs: -Infinity, lastArrivalMs: -Infinity },
    down: { freeAtMs: -Infinity, lastArrivalMs: -Infinity },
  };
  return {
    send(direction, bytes, atMs) {
      const way = state[direction];
      const startsAtMs = Math.max(atMs, way.freeAtMs);
      const leavesAtMs = serialisedBy(profile, direction, bytes, startsAtMs);
      const { rttMs, jitterMs, loss } = profile(leavesAtMs);
      const propagatedMs = Math.max(0, rttMs / 2 + (jitterMs > 0 ? (random() - 0.5) * jitterMs : 0));
      const retransmittedMs = loss > 0 ? retransmissionRounds(bytes, loss, random) * rttMs : 0;
      const arrivesAtMs = Math.max(leavesAtMs + propagatedMs + retransmittedMs, way.lastArrivalMs);
      way.freeAtMs = leavesAtMs;
      way.lastArrivalMs = arrivesAtMs;
      const heldMs = arrivesAtMs - leavesAtMs - propagatedMs - retransmittedMs;
      return {
        leavesAtMs,
        arrivesAtMs,
        queuedMs: startsAtMs - atMs + heldMs,
        serialisedMs: leavesAtMs - startsAtMs,
        propagatedMs,
        retransmittedMs,
        addedMs: arrivesAtMs - atMs,
      };
    },
  };
}

/** When `bytes` that start at `startMs` have gone out, through whatever rates apply meanwhile. */
function serialisedBy(profile: LinkProfile, direction: Direction, bytes: number, startMs: number): number {
  let bits = bytes * 8;
  let nowMs = startMs;
  for (;;) {
    const { bitsPerMs, untilMs } = profile(nowMs);
    const rate = bitsPerMs[direction];
    const neededMs = rate === Infinity || bits === 0 ? 0 : bits / rate;
    if (nowMs + neededMs <= untilMs) return nowMs + neededMs;
    bits -= (untilMs - nowMs) * rate;
    nowMs = untilMs;
  }
}

/**
 * Rounds until the last of the message's packets is through, each packet lost with probability
 * `loss` every time: the largest of n geometric draws, from one uniform.
 */
export function retransmissionRounds(bytes: number, loss: number, random: Random): number {
  const packets = Math.max(1, Math.ceil(bytes / PACKET_BYTES));
  const perPacket = Math.pow(random(), 1 / packets); // P(all within r rounds) = (1 - loss^(r+1))^n
  return Math.max(0, Math.ceil(Math.log(1 - perPacket) / Math.log(loss) - 1));
}

/** The mean of `retransmissionRounds`, for planners. */
export function expectedRounds(bytes: number, loss: number): number {
  if (loss <= 0) return 0;
  const packets = Math.max(1, Math.ceil(bytes / PACKET_BYTES));
  let sum = 0;
  for (let round = 1; round < 1000; round++) {
    const term = 1 - Math.pow(1 - Math.pow(loss, round), packets);
    sum += term;
    if (term < 1e-9) break;
  }
  return sum;
}

/** The mean time of one message of this size on an idle link, for planners. */
export function expectedPassageMs(figures: LinkFigures, direction: Direction, bytes: number): number {
  const mbps = direction === "up" ? figures.uplinkMbps : figures.downlinkMbps;
  return (bytes * 8) / shapedRate(mbps) + figures.rttMs / 2 + expectedRounds(bytes, figures.loss) * figures.rttMs;
}

/**
 * What a shaper must add on top of a real link to come to `figures`: the RTT that is missing. A
 * link whose real RTT is already longer cannot be shaped to it: `met` is false.
 */
export function shapingOver(
  figures: LinkFigures,
  realRttMs: number,
): { readonly added: LinkFigures; readonly met: boolean } {
  const unasked = figures.rttMs === 0;
  return {
    added: { ...figures, rttMs: Math.max(0, figures.rttMs - realRttMs) },
    met: unasked || realRttMs <= figures.rttMs,
  };
}
