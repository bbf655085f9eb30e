/**
 * Takes turns: one piece of work at a time, round-robin over owners, each owner's in the order it
 * came. However much one owner has waiting, another waits for one piece of it at most.
 * Bounded: what does not fit is refused at once, and what goes on with something begun always fits.
 */
import { failureOf, refuse, type Failure, type Result } from "#core/run/failure.ts";

export interface QueueLimits {
  /** Pieces waiting over all owners. */
  readonly length: number;
  /** Pieces waiting of one owner. */
  readonly ofOneOwner: number;
  /** What a refusal suggests. */
  readonly retryAfterMs: number;
}

/** Never rejects, also where the work throws before it has begun: the turns must go on. */
async function attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (thrown) {
    return refuse(failureOf(thrown, "the compute queue"));
  }
}

interface Piece {
  run(): Promise<void>;
  drop(failure: Failure): void;
}

export class FairQueue {
  readonly #limits: QueueLimits;
  /** In the order of their turns. */
  readonly #waiting = new Map<string, Piece[]>();
  #depth = 0;
  #running = false;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Pieces waiting, the running one not counted. */
  get depth(): number {
    return this.#depth;
  }

  /** Resolves when the work is done, dropped or refused. `goesOn` marks the next piece of something already begun. */
  enqueue<T>(owner: string, work: () => Promise<Result<T>>, goesOn = false): Promise<Result<T>> {
    const own = this.#waiting.get(owner) ?? [];
    const { length, ofOneOwner, retryAfterMs } = this.#limits;
    if (!goesOn && this.#depth >= length)
      return Promise.resolve(refuse({ code: "edge-full", what: "queue", limit: length, retryAfterMs }));
    if (!goesOn && own.length >= ofOneOwner)
      return Promise.resolve(refuse({ code: "edge-full", what: "queue", limit: ofOneOwner, retryAfterMs }));
    return new Promise((resolve) => {
      own.push({
        run: async () => resolve(await attempt(work)),
        drop: (failure) => resolve(refuse(failure)),
      });
      this.#waiting.set(owner, own);
      this.#depth++;
      if (!this.#running) void this.#takeTurns();
    });
  }

  /** Drops what an owner has waiting; a piece that runs goes on. */
  cancel(owner: string, failure: Failure = { code: "stopped" }): void {
    const dropped = this.#waiting.get(owner) ?? [];
    this.#waiting.delete(owner);
    this.#depth -= dropped.length;
    for (const piece of dropped) piece.drop(failure);
  }

  async #takeTurns(): Promise<void> {
    this.#running = true;
    for (let next = this.#next(); next !== null; next = this.#next()) await next.run();
    this.#running = false;
  }

  /** The first owner's first piece; the owner goes to the back. */
  #next(): Piece | null {
    const [turn] = this.#waiting;
    if (turn === undefined) return null;
    const [owner, pieces] = turn;
    this.#waiting.delete(owner);
    const [piece, ...rest] = pieces;
    if (rest.length > 0) this.#waiting.set(owner, rest);
    if (piece !== undefined) this.#depth--;
    return piece ?? null;
  }
}
