/** What the steps of a stretch of time came to, taken and begun anew by whoever reports it. */
export interface Tallied {
  readonly tokens: number;
  /** Steps that shared a pass, mean over the steps and the most; null without a step. */
  readonly batch: number | null;
  readonly batchMost: number | null;
}

export class Tally {
  #tokens = 0;
  #steps = 0;
  #shared = 0;
  #most = 0;

  noteStep(batch: number): void {
    this.#steps += 1;
    this.#shared += batch;
    this.#most = Math.max(this.#most, batch);
  }

  noteTokens(tokens: number): void {
    this.#tokens += tokens;
  }

  take(): Tallied {
    const none = this.#steps === 0;
    const taken = {
      tokens: this.#tokens,
      batch: none ? null : this.#shared / this.#steps,
      batchMost: none ? null : this.#most,
    };
    this.#tokens = this.#steps = this.#shared = this.#most = 0;
    return taken;
  }
}
