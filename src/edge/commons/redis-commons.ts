/**
 * Through Redis, for several servers behind one address. A server that loses Redis goes on with what it knows:
 * its own limits hold, its own sessions resume, and those of others are lost to it until Redis is back, when
 * it names its own again.
 */
import { Redis } from "ioredis";
import { LEASE_MS, nameless, RENEW_MS, type Commons, type CommonsState } from "./commons.ts";

export interface RedisParts {
  readonly url: string;
  /** The address that the others reach this server under. */
  readonly own: string;
  /** Told of every change; `why` where Redis went away. */
  readonly onState: (state: CommonsState, why: string) => void;
  /** In front of every key: several installations share a Redis. */
  readonly prefix?: string;
  readonly leaseMs?: number;
}

/**
 * KEYS: the session, its peer. ARGV: this server, the lease in ms, the session's name, the most of one peer ("" counts none).
 * On Redis's own clock, so that servers need not agree on the time. 1 where the place is taken.
 */
const TAKE = `
local now = redis.call("TIME")
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
if ARGV[4] ~= "" then
  redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", ms)
  if not redis.call("ZSCORE", KEYS[2], ARGV[3]) and redis.call("ZCARD", KEYS[2]) >= tonumber(ARGV[4]) then return 0 end
  redis.call("ZADD", KEYS[2], ms + ARGV[2], ARGV[3])
  redis.call("PEXPIRE", KEYS[2], ARGV[2])
end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

/** No place waits longer for Redis than this, ms; then the server decides alone. */
const PATIENCE_MS = 500;
const RETRY_MOST_MS = 5_000;

/** Throws Error, with a sentence, where Redis does not answer at the start. */
export async function redisCommons(parts: RedisParts): Promise<Commons> {
  const commons = new RedisCommons(parts);
  await commons.connect();
  return commons;
}

class RedisCommons implements Commons {
  readonly #parts: RedisParts;
  readonly #redis: Redis;
  readonly #leaseMs: number;
  /** Peers of the sessions that are here. */
  readonly #mine = new Map<string, string | null>();
  readonly #renewing: NodeJS.Timeout;
  #state: CommonsState = "cut-off";

  constructor(parts: RedisParts) {
    this.#parts = parts;
    this.#leaseMs = parts.leaseMs ?? LEASE_MS;
    this.#redis = new Redis(parts.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2_000,
      commandTimeout: PATIENCE_MS,
      retryStrategy: (times) => Math.min(RETRY_MOST_MS, 100 * 2 ** times),
    });
    this.#redis.on("error", (error: Error) => this.#now("cut-off", error.message));
    this.#redis.on("close", () => this.#now("cut-off", "the connection closed"));
    this.#redis.on("ready", () => {
      this.#now("together", "");
      void this.#renew();
    });
    this.#renewing = setInterval(() => void this.#renew(), Math.min(RENEW_MS, this.#leaseMs / 3));
    this.#renewing.unref();
  }

  async connect(): Promise<void> {
    try {
      await this.#redis.connect();
    } catch (thrown) {
      await this.close();
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Error(
        `Redis does not answer at ${hostOf(this.#parts.url)} (${why}). Start it or correct --redis; one server alone needs none.`,
        { cause: thrown },
      );
    }
  }

  get state(): CommonsState {
    return this.#state;
  }

  async take(session: string, peer: string | null, most: number): Promise<boolean> {
    const taken = await this.#ask(() => this.#lease(session, peer, String(most)), 1);
    if (taken === 0) return false;
    this.#mine.set(session, peer);
    return true;
  }

  async release(session: string): Promise<void> {
    const peer = this.#mine.get(session) ?? null;
    this.#mine.delete(session);
    await this.#ask(
      () => this.#redis.multi().del(this.#sessionKey(session)).zrem(this.#peerKey(peer), nameless(session)).exec(),
      null,
    );
  }

  async elsewhere(session: string): Promise<string | null> {
    const at = await this.#ask<string | null>(() => this.#redis.get(this.#sessionKey(session)), null);
    return at === this.#parts.own ? null : at;
  }

  async close(): Promise<void> {
    clearInterval(this.#renewing);
    await Promise.all([...this.#mine.keys()].map((session) => this.release(session)));
    this.#redis.removeAllListeners();
    this.#redis.on("error", () => undefined);
    this.#redis.disconnect();
  }

  /** A place that is here stays taken, whatever others have meanwhile. */
  async #renew(): Promise<void> {
    if (this.#state !== "together") return;
    for (const [session, peer] of this.#mine) await this.#ask(() => this.#lease(session, peer, "1e9"), 1);
  }

  #lease(session: string, peer: string | null, most: string): Promise<unknown> {
    const { own } = this.#parts;
    const bound = peer === null ? "" : most;
    const keys = [this.#sessionKey(session), this.#peerKey(peer)];
    return this.#redis.eval(TAKE, 2, ...keys, own, this.#leaseMs, nameless(session), bound);
  }

  /** What Redis answers, or `otherwise` where it does not. */
  async #ask<T>(question: () => Promise<unknown>, otherwise: T): Promise<T> {
    if (this.#state !== "together") return otherwise;
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each caller knows its own command's answer
      return (await question()) as T;
    } catch (thrown) {
      this.#now("cut-off", thrown instanceof Error ? thrown.message : String(thrown));
      if (this.#redis.status === "ready") this.#redis.disconnect(true);
      return otherwise;
    }
  }

  #now(state: CommonsState, why: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#parts.onState(state, why);
  }

  #sessionKey(session: string): string {
    return `${this.#prefix}session:${nameless(session)}`;
  }

  #peerKey(peer: string | null): string {
    return `${this.#prefix}peer:${peer === null ? "nobody" : nameless(peer)}`;
  }

  get #prefix(): string {
    return this.#parts.prefix ?? "cutlayer:";
  }
}

/** Without what may stand in front of the host: a password. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
