/**
 * Drafted windows on their way to the edge and back, oldest first. Answers come in the order the
 * windows were sent, each noticed as it comes in, so that drafting on in vain can end at once.
 */
import type { Drafted } from "#core/speculation/rules/rule.ts";
import type { CancelSignal, Clock, Exchange } from "../../ports.ts";
import type { EdgeReply, EdgeTier } from "../tiers/edge-tier.ts";

export interface FlyingWindow {
  /** Sequence position of `ids[0]`. */
  readonly position: number;
  /** Everything up to its last drafted token, and of that from `position` on: what is certain, at least one, then what was drafted. */
  readonly text: readonly number[];
  readonly ids: readonly number[];
  readonly drafted: readonly Drafted[];
  /** Drafted behind a window that is unanswered. */
  readonly follows: boolean;
  readonly draftFromMs: number;
  readonly draftMs: number;
}

/** Certain positions of a window that went up ahead of it, since one message does not hold them all. */
export interface Stretch {
  readonly position: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

export interface Landed {
  readonly window: FlyingWindow;
  readonly answer: EdgeReply<"verified">;
  readonly sentMs: number;
  readonly answeredMs: number;
}

interface Airborne {
  readonly window: FlyingWindow;
  readonly landing: Promise<Landed>;
  landed: Landed | null;
}

export class Flight {
  readonly #edge: EdgeTier;
  readonly #clock: Clock;
  readonly #signal: CancelSignal;
  #airborne: readonly Airborne[] = [];

  constructor(edge: EdgeTier, clock: Clock, signal: CancelSignal) {
    this.#edge = edge;
    this.#clock = clock;
    this.#signal = signal;
  }

  get length(): number {
    return this.#airborne.length;
  }

  /** Tokens drafted and unanswered, in the order of the text. */
  get ids(): readonly number[] {
    return this.#airborne.flatMap(({ window }) => window.drafted.map(({ id }) => id));
  }

  /** The oldest answer is in. */
  get answered(): boolean {
    return (this.#airborne[0]?.landed ?? null) !== null;
  }

  /** The oldest answer is in, and what was drafted behind it is in vain. */
  get fell(): boolean {
    const landed = this.#airborne[0]?.landed ?? null;
    return landed !== null && !stoodWhole(landed);
  }

  send(window: FlyingWindow, payload: Uint8Array, ahead: readonly Stretch[] = []): void {
    const { position, ids, drafted, follows } = window;
    const sentMs = this.#clock.now();
    const filled = ahead.map((stretch) =>
      this.#edge.ask({ kind: "activations", want: "none", ...stretch }, "done", this.#signal),
    );
    const sent = ahead.reduce((sum, { count }) => sum + count, 0);
    const question = {
      kind: "verify",
      position: position + sent,
      ids: Uint32Array.from(ids.slice(sent)),
      drafted: drafted.length,
      follows,
      payload,
    } as const;
    const judged = this.#edge.ask(question, "verified", this.#signal);
    const landing = Promise.all([judged, ...filled]).then(([answer, ...others]): Landed => {
      const answeredMs = this.#clock.now();
      return { window, answer: together(answer, others, answeredMs - sentMs), sentMs, answeredMs };
    });
    const airborne: Airborne = { window, landing, landed: null };
    landing.then(
      (landed) => void (airborne.landed = landed),
      () => undefined, // whoever waits for the landing hears of it
    );
    this.#airborne = [...this.#airborne, airborne];
  }

  /** The oldest window with its answer. */
  async land(): Promise<Landed> {
    const [oldest, ...others] = this.#airborne;
    if (oldest === undefined) throw new Error("no window is under way");
    this.#airborne = others;
    return oldest.landing;
  }

  /** Lets go of all that is under way: what becomes of each, as it becomes known. */
  abandon(): readonly Promise<Landed>[] {
    const landings = this.#airborne.map(({ landing }) => landing);
    this.#airborne = [];
    return landings;
  }
}

/** One answer to several messages: lost when any was, and its exchange all of theirs. */
function together(
  answer: EdgeReply<"verified">,
  others: readonly EdgeReply<"done">[],
  roundTripMs: number,
): EdgeReply<"verified"> {
  if (answer.kind === "lost" || others.length === 0) return answer;
  let { exchange } = answer;
  for (const other of others) {
    if (other.kind === "lost") return other;
    const { queueMs, computeMs, addedUpMs, addedDownMs, upBytes, downBytes } = other.exchange;
    const outageMs = Math.max(exchange.outageMs ?? 0, other.exchange.outageMs ?? 0);
    exchange = {
      ...exchange,
      roundTripMs: roundTripMs - outageMs,
      ...(outageMs > 0 ? { outageMs } : {}),
      queueMs: exchange.queueMs + queueMs,
      computeMs: exchange.computeMs + computeMs,
      addedUpMs: exchange.addedUpMs + addedUpMs,
      addedDownMs: exchange.addedDownMs + addedDownMs,
      upBytes: exchange.upBytes + upBytes,
      downBytes: exchange.downBytes + downBytes,
    };
  }
  return { ...answer, exchange };
}

const stoodWhole = ({ window, answer }: Landed): boolean =>
  answer.kind === "answer" && !answer.message.dropped && answer.message.accepted === window.drafted.length;

/**
 * The part of an exchange that was waited for. What overlapped with drafting is not in a token's
 * interval, so the edge's time comes first and the link gets what is left.
 */
export function waitedFor(exchange: Exchange, tookMs: number): Exchange {
  const waitedMs = Math.max(0, tookMs - (exchange.outageMs ?? 0));
  const computeMs = Math.min(exchange.computeMs, waitedMs);
  const queueMs = Math.min(exchange.queueMs, waitedMs - computeMs);
  const linkMs = Math.max(0, exchange.roundTripMs - exchange.queueMs - exchange.computeMs);
  const share = linkMs === 0 ? 0 : Math.min(1, (waitedMs - computeMs - queueMs) / linkMs);
  return {
    ...exchange,
    roundTripMs: waitedMs,
    computeMs,
    queueMs,
    addedUpMs: exchange.addedUpMs * share,
    addedDownMs: exchange.addedDownMs * share,
  };
}
