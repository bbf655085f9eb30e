/**
 * From what a step measured to the parts of its token's interval. One clock cannot tell up from
 * down: the link's share is the measured round trip less the edge's own time; what the shaper
 * added in each direction is known, the rest is apportioned by bytes.
 * Tokens of a stream overlap: while one crosses, the edge computes the next. There the edge's time
 * is carried until an interval has room for it, so that sums stay true and no part is negative.
 */
import type { TokenEvent, TokenPart } from "#core/run/record.ts";
import type { Exchange } from "../ports.ts";
import type { StepTiming } from "../strategies/strategy.ts";

export type TokenTimes = Pick<TokenEvent, TokenPart | "atMs" | "linkMs" | "addedMs" | "upBytes" | "downBytes">;

interface LinkTimes {
  readonly uplinkMs: number;
  readonly queueMs: number;
  readonly edgeMs: number;
  readonly downlinkMs: number;
  readonly linkMs: number;
  readonly addedMs: number;
}

export class TokenTimeline {
  readonly #startMs: number;
  #previousMs: number;
  /** Of a stream: what was measured and has not been room for yet. */
  #owed = { tripMs: 0, queueMs: 0, edgeMs: 0, addedDownMs: 0 };

  /** `startMs` is when the run began, on the clock that `next` is told. */
  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#previousMs = startMs;
  }

  next({ deviceMs, encodeMs, decodeMs, sampleMs, exchanges }: StepTiming, nowMs: number): TokenTimes {
    const intervalMs = nowMs - this.#previousMs;
    this.#previousMs = nowMs;
    const own = { deviceMs, encodeMs, decodeMs, sampleMs };
    const room = intervalMs - sum(Object.values(own));
    const links = exchanges.map((exchange) =>
      exchange.pipelined ? this.#pipelined(exchange, room) : this.#whole(exchange),
    );
    const total = (part: keyof LinkTimes): number => sum(links.map((link) => link[part]));
    const link = {
      uplinkMs: total("uplinkMs"),
      queueMs: total("queueMs"),
      edgeMs: total("edgeMs"),
      downlinkMs: total("downlinkMs"),
    };
    return {
      ...own,
      ...link,
      otherMs: room - sum(Object.values(link)),
      atMs: nowMs - this.#startMs,
      linkMs: total("linkMs"),
      addedMs: total("addedMs"),
      upBytes: sum(exchanges.map(({ upBytes }) => upBytes)),
      downBytes: sum(exchanges.map(({ downBytes }) => downBytes)),
    };
  }

  #whole(exchange: Exchange): LinkTimes {
    const { addedUpMs, addedDownMs, upBytes, downBytes } = exchange;
    this.#owed = { tripMs: 0, queueMs: 0, edgeMs: 0, addedDownMs };
    const { linkMs, queueMs, computeMs } = throughHops(exchange);
    const residualMs = linkMs - addedUpMs - addedDownMs;
    const upShare = upBytes / (upBytes + downBytes);
    const uplinkMs = clamp(addedUpMs + residualMs * upShare, linkMs);
    return {
      uplinkMs,
      queueMs,
      edgeMs: computeMs,
      downlinkMs: linkMs - uplinkMs,
      linkMs,
      addedMs: addedUpMs + addedDownMs,
    };
  }

  #pipelined({ roundTripMs, queueMs, computeMs, addedDownMs }: Exchange, room: number): LinkTimes {
    const owed = this.#owed;
    const tripMs = clamp(owed.tripMs + roundTripMs, room);
    const edgeMs = clamp(owed.edgeMs + computeMs, tripMs);
    const waitMs = clamp(owed.queueMs + queueMs, tripMs - edgeMs);
    const downlinkMs = tripMs - edgeMs - waitMs;
    const addedMs = clamp(addedDownMs - owed.addedDownMs, downlinkMs);
    this.#owed = {
      tripMs: owed.tripMs + roundTripMs - tripMs,
      edgeMs: owed.edgeMs + computeMs - edgeMs,
      queueMs: owed.queueMs + queueMs - waitMs,
      addedDownMs,
    };
    return { uplinkMs: 0, queueMs: waitMs, edgeMs, downlinkMs, linkMs: downlinkMs, addedMs };
  }
}

/** Over all hops of an exchange: on links, waiting, computing. */
function throughHops({ roundTripMs, queueMs, computeMs, further = [] }: Exchange) {
  const waitedMs = queueMs + sum(further.map((hop) => hop.queueMs));
  const computedMs = computeMs + sum(further.map((hop) => hop.computeMs));
  return { linkMs: Math.max(0, roundTripMs - waitedMs - computedMs), queueMs: waitedMs, computeMs: computedMs };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
/** Into [0, most], also where clock noise makes `most` negative. */
const clamp = (value: number, most: number): number => Math.max(0, Math.min(value, most));
