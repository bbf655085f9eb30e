/**
 * From what a step measured to the parts of its token's interval. One clock cannot tell up from
 * down: the link's share is the measured round trip less the edge's own time; what the shaper
 * added in each direction is known, the rest is apportioned by bytes.
 * Tokens of a stream overlap: while one crosses, the edge computes the next. There the edge's time
 * is carried until an interval has room for it, so that sums stay true and no part is negative.
 */
import type { TokenEvent, TokenPart } from "#core/run/record.ts";
import type { Span } from "#core/run/record/span.ts";
import { merged, partsOf, span } from "#core/run/record/spans.ts";
import type { Exchange } from "../../ports.ts";
import type { StepTiming } from "../../strategies/strategy.ts";

export type TokenTimes = Pick<
  TokenEvent,
  TokenPart | "spans" | "atMs" | "linkMs" | "addedMs" | "upBytes" | "downBytes"
>;

/** What an exchange took behind the device, by hop. */
interface LinkTimes {
  readonly spans: readonly Span[];
  readonly linkMs: number;
  readonly addedMs: number;
}

export class TokenTimeline {
  readonly #startMs: number;
  #previousMs: number;
  /** Of a stream: what was measured and has not been room for yet. */
  #owed = { tripMs: 0, queueMs: 0, edgeMs: 0, addedDownMs: 0 };

  readonly #away: (fromMs: number, toMs: number) => number;

  /** `startMs` is when the run began, on the clock that `next` is told; `away` how much of a stretch of it the edge was not there. */
  constructor(startMs: number, away: (fromMs: number, toMs: number) => number = () => 0) {
    this.#startMs = startMs;
    this.#previousMs = startMs;
    this.#away = away;
  }

  next({ deviceMs, encodeMs, decodeMs, sampleMs, exchanges }: StepTiming, nowMs: number): TokenTimes {
    const intervalMs = nowMs - this.#previousMs;
    const awayMs = this.#away(this.#previousMs, nowMs);
    this.#previousMs = nowMs;
    const own = [
      ...span(0, "device", deviceMs),
      ...span(0, "encode", encodeMs),
      ...span(0, "decode", decodeMs),
      ...span(0, "sample", sampleMs),
    ];
    const room = intervalMs - sum(own.map(({ ms }) => ms)) - awayMs;
    const links = exchanges.map((exchange) =>
      exchange.pipelined ? this.#pipelined(exchange, room) : this.#whole(exchange),
    );
    const spent = merged([...own, ...links.flatMap((link) => link.spans)]);
    const leftMs = intervalMs - sum(spent.map(({ ms }) => ms));
    const outageMs = clamp(awayMs, leftMs); // what was computed meanwhile was not waited for
    const spans = [...spent, ...span(1, "outage", outageMs), ...span(0, "other", leftMs - outageMs)];
    return {
      spans,
      ...partsOf(spans),
      atMs: nowMs - this.#startMs,
      linkMs: sum(links.map(({ linkMs }) => linkMs)),
      addedMs: sum(links.map(({ addedMs }) => addedMs)),
      upBytes: sum(exchanges.map(({ upBytes }) => upBytes)),
      downBytes: sum(exchanges.map(({ downBytes }) => downBytes)),
    };
  }

  #whole({
    roundTripMs,
    queueMs,
    computeMs,
    addedUpMs,
    addedDownMs,
    upBytes,
    downBytes,
    further = [],
  }: Exchange): LinkTimes {
    this.#owed = { tripMs: 0, queueMs: 0, edgeMs: 0, addedDownMs };
    const furtherMs = sum(further.map((hop) => hop.linkMs + hop.queueMs + hop.computeMs));
    const linkMs = Math.max(0, roundTripMs - queueMs - computeMs - furtherMs);
    const residualMs = linkMs - addedUpMs - addedDownMs;
    const upShare = upBytes / (upBytes + downBytes);
    const uplinkMs = clamp(addedUpMs + residualMs * upShare, linkMs);
    return {
      spans: [
        ...edgeSpans(1, { uplinkMs, queueMs, computeMs, downlinkMs: linkMs - uplinkMs }),
        ...further.flatMap((hop, at) =>
          edgeSpans(at + 2, { ...hop, uplinkMs: hop.linkMs / 2, downlinkMs: hop.linkMs / 2 }),
        ),
      ],
      linkMs: linkMs + sum(further.map((hop) => hop.linkMs)),
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
    const spans = edgeSpans(1, { uplinkMs: 0, queueMs: waitMs, computeMs: edgeMs, downlinkMs });
    return { spans, linkMs: downlinkMs, addedMs };
  }
}

interface EdgeTimes {
  readonly uplinkMs: number;
  readonly queueMs: number;
  readonly computeMs: number;
  readonly downlinkMs: number;
}

const edgeSpans = (hop: number, { uplinkMs, queueMs, computeMs, downlinkMs }: EdgeTimes): readonly Span[] => [
  ...span(hop, "uplink", uplinkMs),
  ...span(hop, "queue", queueMs),
  ...span(hop, "edge", computeMs),
  ...span(hop, "downlink", downlinkMs),
];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
/** Into [0, most], also where clock noise makes `most` negative. */
const clamp = (value: number, most: number): number => Math.max(0, Math.min(value, most));
