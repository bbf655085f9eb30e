/**
 * Gathers the steps that are asked for in one turn and computes them in one pass; what comes while a pass is under way
 * goes into the next. A pass that fails, fails all of its steps.
 */
interface Waiting<S> {
  readonly step: S;
  readonly resolve: () => void;
  readonly reject: (why: unknown) => void;
}

export class Batcher<S> {
  readonly #compute: (steps: readonly S[]) => Promise<void>;
  #waiting: Waiting<S>[] = [];
  #running = false;

  constructor(compute: (steps: readonly S[]) => Promise<void>) {
    this.#compute = compute;
  }

  /** Resolves once the step is computed. */
  run(step: S): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      void Promise.resolve().then(() => this.#drain()); // others of this turn come before
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#compute(batch.map(({ step }) => step));
        for (const { resolve } of batch) resolve();
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    this.#running = false;
  }
}
