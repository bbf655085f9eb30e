/**
 * Clients on one edge for a while: sessions and sockets of their own, requests as they arrive, every reply compared
 * with the one that a client alone was given. A refusal is waited out as it advises and asked again; both are counted.
 * What arrived in the warm-up is answered and left out of the figures.
 */
import { failureOf, type Failure, type FailureCode } from "#core/run/failure.ts";
import type { ClientRun } from "#core/run/record.ts";
import { Cancellation, whenAborted } from "#engine/cancellation.ts";
import { hearOnce, type Pace } from "#engine/crowd/simulated-device.ts";
import type { EdgeLink } from "#engine/link/edge-link.ts";
import type { CancelSignal, EdgeSession } from "#engine/ports.ts";
import type { Rehearsed } from "./rehearsal.ts";
import { RequestQueue, type Request } from "./request-queue.ts";
import { sizeName, type Size } from "./sizes.ts";

export interface Load {
  /** By `sizeName`. */
  readonly answers: ReadonlyMap<string, Rehearsed>;
  /** Sessions at a time, and how many of them are answered at a time. */
  readonly clients: number;
  readonly active: number;
  /** Null where every client asks again as soon as it is answered. */
  readonly arrivals: readonly (Size & { readonly atMs: number })[] | null;
  readonly warmUpMs: number;
  /** Behind the warm-up. */
  readonly durationMs: number;
  /** What is under way at the end has so long to finish. */
  readonly graceMs: number;
  /** A session for every answer, in place of one that a client keeps. */
  readonly newSessions: boolean;
  readonly openLink: () => EdgeLink;
}

export interface Answered extends Size {
  readonly arrivedMs: number;
  /** When it was asked for the last time, after whatever refusals. */
  readonly askedMs: number;
  readonly run: ClientRun;
  readonly gapsMs: readonly number[];
  readonly compared: boolean;
}

export interface Refused {
  readonly atMs: number;
  readonly code: FailureCode;
  readonly advisedMs: number;
}

/** Arrived, and not answered. */
export interface Unanswered {
  readonly arrivedMs: number;
  readonly failure: Failure;
}

export interface Driven {
  readonly answered: readonly Answered[];
  readonly refused: readonly Refused[];
  readonly failed: readonly Unanswered[];
  /** Arrived in the time and had no client, or no end of their answer, when it was over. */
  readonly unfinished: number;
  /** Tokens that came in the time, of answers that began earlier or ended later too. */
  readonly tokensInTime: number;
  /** On the load's clock: from when it counts, and until when. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly activeMost: number;
}

export class Drive {
  readonly #load: Load;
  readonly #pace: Pace;
  readonly #queue: RequestQueue;
  readonly #beganMs: number;
  /** Ends waiting and answering alike. */
  readonly #halt = new Cancellation();
  readonly #answered: Answered[] = [];
  readonly #refused: Refused[] = [];
  readonly #failed: Unanswered[] = [];
  #unfinished = 0;

  constructor(load: Load, pace: Pace) {
    this.#load = load;
    this.#pace = pace;
    this.#beganMs = pace.clock.now();
    this.#queue = new RequestQueue(load.active, load.arrivals === null ? this.#everySizeInTurn() : null);
  }

  /** `signal` ends it early with what there is; `counting` is called when the warm-up is over. */
  async run(signal: CancelSignal, counting: () => Promise<void>): Promise<Driven> {
    const { clients, warmUpMs, durationMs, graceMs } = this.#load;
    const unsubscribe = whenAborted(signal, () => this.#halt.abort());
    const entered: Promise<void>[] = [];
    const working = Array.from({ length: clients }, () => this.#client((first) => entered.push(first)));
    await Promise.all(entered);
    const startMs = this.#now();
    const feeding = this.#feed(startMs);
    await this.#until(startMs + warmUpMs);
    const fromMs = this.#now();
    await counting();
    await this.#until(startMs + warmUpMs + durationMs);
    const untilMs = this.#now();
    this.#unfinished += this.#queue.end().filter(({ arrivedMs }) => arrivedMs >= fromMs).length;
    const late = this.#pace.timer.after(graceMs, () => this.#halt.abort());
    await Promise.all(working);
    late();
    this.#halt.abort();
    await feeding;
    unsubscribe();
    const counts = ({ arrivedMs }: { readonly arrivedMs: number }): boolean => arrivedMs >= fromMs;
    return {
      answered: this.#answered.filter(counts),
      refused: this.#refused,
      failed: this.#failed.filter(counts),
      unfinished: this.#unfinished,
      tokensInTime: this.#answered.reduce((sum, each) => sum + tokensBetween(each, fromMs, untilMs), 0),
      fromMs,
      untilMs,
      activeMost: this.#queue.most,
    };
  }

  #everySizeInTurn(): () => Request {
    const sizes = [...this.#load.answers.values()];
    let turn = 0;
    return () => {
      const { promptTokens = 0, answerTokens = 0 } = sizes[turn++ % sizes.length] ?? {};
      return { promptTokens, answerTokens, arrivedMs: this.#now() };
    };
  }

  #now(): number {
    return this.#pace.clock.now() - this.#beganMs;
  }

  async #feed(startMs: number): Promise<void> {
    for (const { atMs, ...size } of this.#load.arrivals ?? []) {
      await this.#until(startMs + atMs);
      if (this.#halt.aborted) return;
      this.#queue.arrive({ ...size, arrivedMs: startMs + atMs });
    }
  }

  /** Resolves then, or when everything is to end. */
  #until(atMs: number): Promise<void> {
    const leftMs = atMs - this.#now();
    if (leftMs <= 0 || this.#halt.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const callOff = this.#pace.timer.after(leftMs, () => {
        unsubscribe();
        resolve();
      });
      const unsubscribe = whenAborted(this.#halt, () => {
        callOff();
        resolve();
      });
    });
  }

  /** One client from its link's opening to its closing; `first` is told when it has asked for a session once. */
  async #client(first: (asked: Promise<void>) => void): Promise<void> {
    const link = this.#load.openLink();
    const client = { link, session: null as EdgeSession | null };
    try {
      const asked = this.#load.newSessions ? Promise.resolve() : this.#enter(client);
      first(asked);
      await asked;
      for (;;) {
        const request = await this.#queue.take();
        if (request === null) return;
        await this.#answer(client, request);
        this.#queue.done();
      }
    } finally {
      await link.close();
    }
  }

  /** A session ahead of the first request; one that is refused is asked for again with that request. */
  async #enter(client: ClientState): Promise<void> {
    try {
      client.session = await this.#open(client.link);
    } catch (thrown) {
      this.#note(failureOf(thrown, "load"));
    }
  }

  #open(link: EdgeLink): Promise<EdgeSession> {
    const [any] = this.#load.answers.values();
    if (any === undefined) throw new Error("nothing to ask for");
    return link.shape(any.link).then(() => link.open(any.script.hello, this.#halt));
  }

  async #answer(client: ClientState, request: Request): Promise<void> {
    const answer = this.#load.answers.get(sizeName(request));
    if (answer === undefined) throw new Error(`no answer of ${sizeName(request)} was rehearsed`);
    for (;;) {
      const askedMs = this.#now();
      try {
        client.session ??= await this.#open(client.link);
        const { run, gapsMs } = await hearOnce(client.session, answer.script, this.#pace, this.#halt);
        const { promptTokens, answerTokens, arrivedMs } = request;
        this.#answered.push({ promptTokens, answerTokens, arrivedMs, askedMs, run, gapsMs, compared: answer.compared });
        if (this.#load.newSessions) await leave(client);
        return;
      } catch (thrown) {
        const failure = failureOf(thrown, "load");
        if (failure.code === "stopped" && this.#halt.aborted) return void this.#unfinished++;
        const advisedMs = this.#note(failure);
        if (advisedMs === null) {
          this.#failed.push({ arrivedMs: request.arrivedMs, failure });
          return leave(client); // the next request begins anew
        }
        await this.#until(this.#now() + advisedMs);
      }
    }
  }

  /** What a refusal advises to wait; null for what is none. */
  #note(failure: Failure): number | null {
    if (!("retryAfterMs" in failure)) return null;
    this.#refused.push({ atMs: this.#now(), code: failure.code, advisedMs: failure.retryAfterMs });
    return failure.retryAfterMs;
  }
}

interface ClientState {
  readonly link: EdgeLink;
  session: EdgeSession | null;
}

/** A reply brings as many tokens as every other of its answer: one, or in rounds their mean. */
function tokensBetween({ askedMs, run, gapsMs }: Answered, fromMs: number, untilMs: number): number {
  let atMs = askedMs + run.ttftMs;
  let replies = 0;
  for (const gapMs of [0, ...gapsMs]) {
    atMs += gapMs;
    if (atMs >= fromMs && atMs < untilMs) replies++;
  }
  return (run.tokens * replies) / (gapsMs.length + 1);
}

async function leave(client: ClientState): Promise<void> {
  const { session } = client;
  client.session = null;
  await session?.close();
}
