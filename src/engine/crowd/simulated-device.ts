/**
 * One answer of a simulated device: the script's messages over a session of its own, each sent once
 * the replies before it are there and the device's recorded delay has passed. The edge computes
 * everything anew; that it says the same is checked reply by reply.
 */
import type { ClientRun } from "#core/run/record.ts";
import type { Timer } from "../link-ports.ts";
import type { CancelSignal, Clock, EdgeSession, Reply } from "../ports.ts";
import { saidIn, type Script, type ScriptStep } from "./script.ts";

export interface Pace {
  readonly clock: Clock;
  readonly timer: Timer;
}

/** Throws what the session throws. */
export async function playOnce(session: EdgeSession, script: Script, { clock, timer }: Pace, signal: CancelSignal): Promise<ClientRun> {
  const replies = new Arrivals(clock);
  const playing = script.steps.map((step) => play(session, step, replies, { clock, timer }, signal));
  try {
    await Promise.all(playing);
  } catch (thrown) {
    replies.fail(thrown); // steps that wait for what will not come
    await Promise.allSettled(playing);
    throw thrown;
  }
  return replies.measured(script);
}

async function play(session: EdgeSession, { message, behind, afterMs, replies: wanted }: ScriptStep, replies: Arrivals, { clock, timer }: Pace, signal: CancelSignal): Promise<void> {
  const sinceMs = await replies.reached(behind);
  await new Promise<void>((resolve) => {
    const leftMs = Math.round(sinceMs + afterMs - clock.now()); // timers count whole milliseconds
    if (leftMs < 1) resolve();
    else timer.after(leftMs, resolve);
  });
  let left = wanted;
  for await (const reply of session.stream(message, signal)) {
    replies.add(reply);
    if (--left === 0) break;
  }
}

interface Arrival {
  readonly atMs: number;
  readonly said: string;
  readonly queueMs: number;
  readonly computeMs: number;
}

/** Replies as they come in, and who waits for how many. */
class Arrivals {
  readonly #clock: Clock;
  readonly #beganMs: number;
  readonly #all: Arrival[] = [];
  readonly #waiting = new Map<number, { readonly resolve: (sinceMs: number) => void; readonly reject: (why: unknown) => void }[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = clock.now();
  }

  add(reply: Reply): void {
    const atMs = this.#clock.now();
    this.#all.push({ atMs, said: saidIn(reply), queueMs: reply.exchange.queueMs, computeMs: reply.exchange.computeMs });
    const count = this.#all.length;
    for (const { resolve } of this.#waiting.get(count) ?? []) resolve(atMs);
    this.#waiting.delete(count);
  }

  /** When so many were there. */
  reached(count: number): Promise<number> {
    if (count === 0) return Promise.resolve(this.#beganMs);
    const there = this.#all[count - 1];
    if (there !== undefined) return Promise.resolve(there.atMs);
    return new Promise((resolve, reject) => this.#waiting.set(count, [...(this.#waiting.get(count) ?? []), { resolve, reject }]));
  }

  fail(why: unknown): void {
    for (const { reject } of [...this.#waiting.values()].flat()) reject(why);
    this.#waiting.clear();
  }

  measured({ said, firstToken, tokens, laterTokens }: Script): ClientRun {
    const first = this.#all[firstToken]?.atMs ?? this.#beganMs;
    const last = this.#all.at(-1)?.atMs ?? first;
    const later = this.#all.slice(firstToken + 1);
    return {
      ttftMs: first - this.#beganMs,
      tpotMs: tokens > 1 ? (last - first) / (tokens - 1) : null,
      tokens,
      laterTokens,
      edgeMs: later.reduce((sum, { computeMs }) => sum + computeMs, 0),
      queueMs: later.reduce((sum, { queueMs }) => sum + queueMs, 0),
      same: this.#all.length === said.length && this.#all.every((arrival, index) => arrival.said === said[index]),
    };
  }
}
