/**
 * Stopping things: a signal that the engine can raise itself, where no host's AbortController is
 * at hand, and waiting for a promise no longer than a signal allows.
 */
import { Failed } from "#core/run/failure.ts";
import type { CancelSignal } from "./ports.ts";

export class Cancellation implements CancelSignal {
  aborted = false;
  readonly #listeners = new Set<() => void>();

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.#listeners.forEach((listener) => listener());
  }
}

/** Calls `onAbort` once when the signal is raised, also when it already is; the result takes that back. */
export function whenAborted(signal: CancelSignal | undefined, onAbort: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    onAbort();
    return () => undefined;
  }
  signal.addEventListener("abort", onAbort);
  return () => signal.removeEventListener("abort", onAbort);
}

/** The promise's value, or Failed `stopped` as soon as the signal is raised: the work itself goes on unheeded. */
export function unlessAborted<T>(work: Promise<T>, signal: CancelSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const heedNoMore = whenAborted(signal, () => reject(new Failed({ code: "stopped" })));
    work.then(resolve, reject).finally(heedNoMore);
  });
}
