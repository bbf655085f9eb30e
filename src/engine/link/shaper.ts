/**
 * A link's model applied to real messages: each is held until the model says it would have
 * arrived, both ways, and what that added is told exactly. The real link's own round trip counts
 * towards the figures asked for, so only what is missing is added.
 * Invariant: per direction nothing overtakes, also when a timer fires late.
 */
import {
  linkModel,
  shapingOver,
  steadyProfile,
  type Direction,
  type LinkModel,
  type LinkProfile,
} from "#core/link/link-model.ts";
import { seededRandom } from "#core/link/random.ts";
import { traceProfile, type LinkTrace } from "#core/link/trace.ts";
import type { Timer } from "./link-ports.ts";
import type { Clock } from "../ports.ts";
import type { LinkSetting } from "./edge-link.ts";

export interface Shaper {
  /** Calls `deliver` once the message would have crossed; `addedMs` is how long it was held, measured. */
  pass(direction: Direction, bytes: number, deliver: (addedMs: number) => void): void;
}

interface Held {
  readonly handedOverMs: number;
  readonly dueMs: number;
  readonly deliver: (addedMs: number) => void;
}

interface Lane {
  readonly held: Held[];
  cancelTimer: (() => void) | null;
}

export class LinkShaper implements Shaper {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #lanes: Readonly<Record<Direction, Lane>> = {
    up: { held: [], cancelTimer: null },
    down: { held: [], cancelTimer: null },
  };
  #setting: LinkSetting | null = null;
  #model: LinkModel | null = null;
  #realRttMs = 0;

  constructor(clock: Clock, timer: Timer) {
    this.#clock = clock;
    this.#timer = timer;
  }

  /** From the next message on; what is held already keeps its time. */
  shape(setting: LinkSetting): void {
    this.#setting = setting;
    this.#remodel();
  }

  knowRealRtt(realRttMs: number | null): void {
    if (realRttMs === null || realRttMs === this.#realRttMs) return;
    this.#realRttMs = realRttMs;
    this.#remodel();
  }

  get shaping(): boolean {
    return this.#model !== null;
  }

  /** Whether the figures asked for hold over this real link; null where nothing is asked or known. */
  met(realRttMs: number | null): boolean | null {
    const figures = this.#setting?.figures ?? null;
    return figures === null || realRttMs === null ? null : shapingOver(figures, realRttMs).met;
  }

  pass(direction: Direction, bytes: number, deliver: (addedMs: number) => void): void {
    const lane = this.#lanes[direction];
    const now = this.#clock.now();
    const dueMs = this.#model?.send(direction, bytes, now).arrivesAtMs ?? now;
    if (lane.held.length === 0 && dueMs <= now) return deliver(0);
    lane.held.push({ handedOverMs: now, dueMs, deliver });
    if (lane.cancelTimer === null) this.#wait(lane, dueMs - now);
  }

  /** Forgets what it holds. */
  close(): void {
    for (const lane of Object.values(this.#lanes)) {
      lane.cancelTimer?.();
      lane.cancelTimer = null;
      lane.held.length = 0;
    }
  }

  #remodel(): void {
    const { figures = null, trace = null, seed = 0 } = this.#setting ?? {};
    const profile =
      trace !== null
        ? this.#tracing(trace)
        : figures !== null
          ? steadyProfile(shapingOver(figures, this.#realRttMs).added)
          : null;
    this.#model = profile === null ? null : linkModel(profile, seededRandom(seed));
  }

  /** The trace's own round trips, less the real one. */
  #tracing(trace: LinkTrace): LinkProfile {
    const recorded = traceProfile(trace, this.#clock.now());
    return (atMs) => {
      const conditions = recorded(atMs);
      return { ...conditions, rttMs: Math.max(0, conditions.rttMs - this.#realRttMs) };
    };
  }

  #wait(lane: Lane, delayMs: number): void {
    lane.cancelTimer = this.#timer.after(Math.max(0, delayMs), () => this.#release(lane));
  }

  #release(lane: Lane): void {
    lane.cancelTimer = null;
    for (let first = lane.held[0]; first !== undefined; first = lane.held[0]) {
      const now = this.#clock.now();
      if (first.dueMs > now) return this.#wait(lane, first.dueMs - now); // timers may also fire early
      lane.held.shift();
      first.deliver(now - first.handedOverMs);
    }
  }
}
