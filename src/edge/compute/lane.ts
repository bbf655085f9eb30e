/**
 * A compute with its queue. A compute that dies takes the seats on it along, never the server:
 * who waited is told, and the next call starts another.
 */
import { refuse, type Result } from "#core/run/failure.ts";
import type { Compute } from "./compute.ts";
import { FairQueue, type QueueLimits } from "./fair-queue.ts";
import type { ComputeHandle } from "./worker.ts";

export class Lane {
  readonly queue: FairQueue;
  readonly #start: () => ComputeHandle;
  readonly #onDeath: (why: string) => void;
  #handle: ComputeHandle | null = null;
  /** Answers the one call under way when its compute dies. */
  #giveUp: (why: string) => void = () => {};
  /** Counts the computes there have been: a seat of an earlier one is lost. */
  #generation = 0;
  #ended = false;

  constructor(start: () => ComputeHandle, limits: QueueLimits, onDeath: (why: string) => void) {
    this.queue = new FairQueue(limits);
    this.#start = start;
    this.#onDeath = onDeath;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Queues a call for `owner`, whose seat is of the compute that is alive when its turn comes. */
  run<T>(owner: string, call: (compute: Compute) => Promise<Result<T>>, goesOn = false): Promise<Result<T>> {
    return this.queue.enqueue(
      owner,
      () => {
        if (this.#ended)
          return Promise.resolve(refuse({ code: "session-lost", session: owner, why: "the edge server is stopping" }));
        const { compute } = this.#alive();
        // Not a race with `died`: that promise lives as long as the worker and would remember every call.
        return new Promise((resolve, reject) => {
          this.#giveUp = (why) =>
            resolve(refuse({ code: "session-lost", session: owner, why: `the edge's compute worker stopped: ${why}` }));
          call(compute).then(resolve, reject);
        });
      },
      goesOn,
    );
  }

  /** What is under way is given up; nothing runs here again. */
  async end(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    this.#ended = true;
    this.#generation++;
    this.#giveUp("the edge server is stopping");
    await handle?.end();
  }

  #alive(): ComputeHandle {
    if (this.#handle !== null) return this.#handle;
    const handle = this.#start();
    this.#handle = handle;
    void handle.died.then((why) => {
      if (this.#handle !== handle) return;
      this.#handle = null;
      this.#generation++;
      this.#giveUp(why);
      this.#onDeath(why);
    });
    return handle;
  }
}
