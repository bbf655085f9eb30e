/**
 * One answer of a simulated device: the script's messages over a session of its own, each sent once
 * the replies before it are there and the device's recorded delay has passed. The edge computes
 * everything anew; that it says the same is checked reply by reply.
 */
import { takenFrom } from "#core/frames/message-table.ts";
import type { ClientRun } from "#core/run/record.ts";
import type { Timer } from "../link/link-ports.ts";
import type { CancelSignal, Clock, EdgeSession, Reply } from "../ports.ts";
import type { Script, ScriptStep } from "./script.ts";

export interface Pace {
  readonly clock: Clock;
  readonly timer: Timer;
}

/** One answer as it was heard. */
export interface Heard {
  readonly run: ClientRun;
  /** From each reply with text to the next, ms. */
  readonly gapsMs: readonly number[];
}

/** Throws what the session throws. */
export const playOnce = async (
  session: EdgeSession,
  script: Script,
  pace: Pace,
  signal: CancelSignal,
): Promise<ClientRun> => (await hearOnce(session, script, pace, signal)).run;

/** As `playOnce`, with the times between replies. */
export async function hearOnce(session: EdgeSession, script: Script, pace: Pace, signal: CancelSignal): Promise<Heard> {
  const replies = new Arrivals(pace.clock);
  const hearing: Promise<void>[] = [];
  const heard = (step: ScriptStep): Promise<void> =>
    hear(session, step, replies, signal).catch((thrown: unknown) => {
      replies.fail(thrown); // a later step may wait for what will not come
      throw thrown;
    });
  try {
    // One after the other, as they were sent: a reply that comes early must not let a message overtake.
    for (const step of script.steps) {
      await delayed((await replies.reached(step.behind)) + step.afterMs, pace);
      hearing.push(heard(step));
    }
    await Promise.all(hearing);
  } finally {
    await Promise.allSettled(hearing);
  }
  return { run: replies.measured(script), gapsMs: replies.gapsFrom(script.firstToken) };
}

/** Timers count whole milliseconds. */
function delayed(untilMs: number, { clock, timer }: Pace): Promise<void> {
  const leftMs = Math.round(untilMs - clock.now());
  return leftMs < 1 ? Promise.resolve() : new Promise((resolve) => void timer.after(leftMs, resolve));
}

async function hear(
  session: EdgeSession,
  { message, replies: wanted }: ScriptStep,
  replies: Arrivals,
  signal: CancelSignal,
): Promise<void> {
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
  #failure: { readonly why: unknown } | null = null;
  readonly #waiting = new Map<
    number,
    { readonly resolve: (sinceMs: number) => void; readonly reject: (why: unknown) => void }[]
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = clock.now();
  }

  add(reply: Reply): void {
    const atMs = this.#clock.now();
    this.#all.push({
      atMs,
      said: takenFrom(reply.message).says(reply.message),
      queueMs: reply.exchange.queueMs,
      computeMs: reply.exchange.computeMs,
    });
    const count = this.#all.length;
    for (const { resolve } of this.#waiting.get(count) ?? []) resolve(atMs);
    this.#waiting.delete(count);
  }

  /** When so many were there. */
  reached(count: number): Promise<number> {
    if (this.#failure !== null) return Promise.reject(this.#failure.why);
    if (count === 0) return Promise.resolve(this.#beganMs);
    const there = this.#all[count - 1];
    if (there !== undefined) return Promise.resolve(there.atMs);
    return new Promise((resolve, reject) =>
      this.#waiting.set(count, [...(this.#waiting.get(count) ?? []), { resolve, reject }]),
    );
  }

  fail(why: unknown): void {
    this.#failure ??= { why };
    for (const { reject } of [...this.#waiting.values()].flat()) reject(why);
    this.#waiting.clear();
  }

  gapsFrom(first: number): readonly number[] {
    const text = this.#all.slice(first);
    return text.slice(1).map(({ atMs }, index) => atMs - (text[index]?.atMs ?? atMs));
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
