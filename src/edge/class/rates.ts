/** Token buckets: how much somebody may ask in a burst, and how fast that fills again. */

export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

export class Bucket {
  readonly #limit: RateLimit;
  #left: number;
  #atMs: number;

  constructor(limit: RateLimit, nowMs: number) {
    this.#limit = limit;
    this.#left = limit.burst;
    this.#atMs = nowMs;
  }

  /** False where it is empty: then nothing is taken. */
  take(nowMs: number): boolean {
    const left = this.#leftAt(nowMs);
    this.#left = left >= 1 ? left - 1 : left;
    this.#atMs = nowMs;
    return left >= 1;
  }

  isEmpty(nowMs: number): boolean {
    return this.#leftAt(nowMs) < 1;
  }

  isFull(nowMs: number): boolean {
    return this.#leftAt(nowMs) >= this.#limit.burst;
  }

  #leftAt(nowMs: number): number {
    const { burst, perSecond } = this.#limit;
    return Math.min(burst, this.#left + (Math.max(0, nowMs - this.#atMs) * perSecond) / 1000);
  }
}

/** A bucket for each of many, of whom those that ask for nothing are forgotten; past a bound the one that came first is, too. */
export class Buckets {
  readonly #limit: RateLimit;
  readonly #most: number;
  readonly #of = new Map<string, Bucket>();

  constructor(limit: RateLimit, most: number) {
    this.#limit = limit;
    this.#most = most;
  }

  get size(): number {
    return this.#of.size;
  }

  take(who: string, nowMs: number): boolean {
    const known = this.#of.get(who);
    if (known !== undefined) return known.take(nowMs);
    if (this.#of.size >= this.#most) this.#makeRoom(nowMs);
    const bucket = new Bucket(this.#limit, nowMs);
    this.#of.set(who, bucket);
    return bucket.take(nowMs);
  }

  /** Whether `take` would say no; nothing is taken. */
  isSpent(who: string, nowMs: number): boolean {
    return this.#of.get(who)?.isEmpty(nowMs) ?? false;
  }

  /** Forgets those whose bucket is as a new one. */
  forgetIdle(nowMs: number): void {
    for (const [who, bucket] of this.#of) if (bucket.isFull(nowMs)) this.#of.delete(who);
  }

  #makeRoom(nowMs: number): void {
    this.forgetIdle(nowMs);
    const [first] = this.#of.keys();
    if (this.#of.size >= this.#most && first !== undefined) this.#of.delete(first);
  }
}
