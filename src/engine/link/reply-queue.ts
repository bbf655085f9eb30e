/** Values that arrive when they like, read in order by one reader: how replies become a stream. */
import { Failed, type Failure } from "#core/run/failure.ts";

type Ending = { readonly kind: "done" } | { readonly kind: "failed"; readonly failure: Failure };

export class ReplyQueue<T> {
  readonly #values: T[] = [];
  #ending: Ending | null = null;
  #wake: () => void = () => undefined;

  push(value: T): void {
    this.#values.push(value);
    this.#wake();
  }

  end(): void {
    this.#ending ??= { kind: "done" };
    this.#wake();
  }

  fail(failure: Failure): void {
    this.#ending ??= { kind: "failed", failure };
    this.#wake();
  }

  /** Ends it at once: what has not been read never will be. */
  abandon(failure: Failure): void {
    this.#values.length = 0;
    this.#ending = { kind: "failed", failure };
    this.#wake();
  }

  /** What arrived before an ending is still read; then it ends, or throws. */
  async *values(): AsyncGenerator<T, void> {
    while (true) {
      const value = this.#values.shift();
      if (value !== undefined) yield value;
      else if (this.#ending?.kind === "failed") throw new Failed(this.#ending.failure);
      else if (this.#ending !== null) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
