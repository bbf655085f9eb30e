/**
 * `/status.json`: how busy the edge is now and was in the last two minutes. A sample a second whoever
 * looks; one text for all who ask within it. The more look, the longer each is told to wait, and past
 * a bound a viewer is sent away: those who compute here do not pay for those who watch.
 */
import type { EdgeClient, EdgeStatus, RecentLoad } from "#core/run/edge-status.ts";
import type { Tally } from "./tally.ts";

const EVERY_MS = 1000;
/** Two minutes. */
const KEPT = 120;
/** Samples over which a client's rate is taken. */
const RATE_SAMPLES = 5;
/** Answers a second that viewers are steered towards, and at which more are sent away. */
const WANTED_A_SECOND = 20;
const MOST_A_SECOND = 60;

/** A client as its seat knows it. */
export type SeatFacts = Omit<EdgeClient, "tokensPerSecond" | "here"> & { readonly id: string };

export interface Watched {
  readonly clients: () => readonly SeatFacts[];
  /** Ids of seats whose client is not connected at the moment. */
  readonly away: () => ReadonlySet<string>;
  readonly waiting: () => number;
  readonly models: () => EdgeStatus["models"];
  readonly refusals: () => Promise<EdgeStatus["refusals"]>;
  readonly draining: () => boolean;
  readonly limits: Pick<EdgeStatus, "clientsMost" | "waitingMost" | "batchMost" | "kvBytesMost">;
}

interface Sample {
  readonly clients: number;
  readonly waiting: number;
  readonly batch: number | null;
  readonly batchMost: number | null;
  readonly tokensPerSecond: number;
}

export class StatusBoard {
  readonly #watched: Watched;
  readonly #tally: Tally;
  readonly #beganMs: number;
  readonly #samples: Sample[] = [];
  /** Tokens of each seat at the last samples, the newest last. */
  #counts: ReadonlyMap<string, readonly number[]> = new Map();
  #text: Promise<string> | null = null;
  #asked = 0;
  #refreshMs = EVERY_MS;
  readonly #sampling: NodeJS.Timeout;

  constructor(watched: Watched, tally: Tally, nowMs: number) {
    this.#watched = watched;
    this.#tally = tally;
    this.#beganMs = nowMs;
    this.#sampling = setInterval(() => this.sample(), EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#sampling);
  }

  /** Once a second. */
  sample(): void {
    const { clients, waiting } = this.#watched;
    const seats = clients();
    const { tokens, batch, batchMost } = this.#tally.take();
    const tokensPerSecond = (tokens * 1000) / EVERY_MS;
    this.#samples.push({ clients: seats.length, waiting: waiting(), batch, batchMost, tokensPerSecond });
    if (this.#samples.length > KEPT) this.#samples.shift();
    this.#counts = new Map(
      seats.map(({ id, tokens: now }) => [id, [...(this.#counts.get(id) ?? []), now].slice(-RATE_SAMPLES - 1)]),
    );
    const viewers = (this.#asked * this.#refreshMs) / EVERY_MS;
    this.#refreshMs = EVERY_MS * Math.max(1, Math.ceil(viewers / WANTED_A_SECOND));
    this.#asked = 0;
    this.#text = null;
  }

  /** The status as JSON; null for one viewer too many within this second. */
  answer(nowMs: number): Promise<string> | null {
    this.#asked += 1;
    if (this.#asked > MOST_A_SECOND) return null;
    this.#text ??= this.#status(nowMs).then((status) => JSON.stringify(status));
    return this.#text;
  }

  async #status(nowMs: number): Promise<EdgeStatus> {
    const { clients, away, models, refusals, draining, limits } = this.#watched;
    const gone = away();
    const seats = clients();
    return {
      upMs: Math.round(nowMs - this.#beganMs),
      refreshMs: this.#refreshMs,
      draining: draining(),
      clients: seats.map(({ id, ...facts }) => ({
        ...facts,
        tokensPerSecond: rateOf(this.#counts.get(id) ?? []),
        here: !gone.has(id),
      })),
      ...limits,
      kvBytes: seats.reduce((sum, { kvBytes }) => sum + kvBytes, 0),
      residentBytes: process.memoryUsage.rss(),
      models: models(),
      refusals: await refusals(),
      recent: this.#recent(),
    };
  }

  #recent(): RecentLoad {
    const of = <K extends keyof Sample>(key: K): readonly Sample[K][] => this.#samples.map((sample) => sample[key]);
    return {
      everyMs: EVERY_MS,
      clients: of("clients"),
      waiting: of("waiting"),
      batch: of("batch").map((batch) => (batch === null ? null : rounded(batch))),
      batchMost: of("batchMost"),
      tokensPerSecond: of("tokensPerSecond").map(rounded),
    };
  }
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

function rateOf(counts: readonly number[]): number | null {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined || counts.length < 2) return null;
  return rounded(((last - first) * 1000) / ((counts.length - 1) * EVERY_MS));
}
