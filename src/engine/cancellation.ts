/** Stopping things: a signal that can be raised where no host's AbortController is at hand, and heeding one. */
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
