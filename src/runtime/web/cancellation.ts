/**
 * The engine's small cancel signal as the host's AbortSignal, joined with a time limit, and the
 * failure that a cancel becomes.
 */
import { Failed } from "#core/run/failure.ts";
import type { CancelSignal } from "#engine/ports.ts";

export const stopped = (): Failed => new Failed({ code: "stopped" });

export function throwIfStopped(signal: CancelSignal | undefined): void {
  if (signal?.aborted === true) throw stopped();
}

export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(): void;
  /** Lets go of the outer signal. */
  release(): void;
}

/** An AbortSignal that follows `outer` and can be aborted on its own. */
export function linkedAbort(outer: CancelSignal | undefined): LinkedAbort {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (outer?.aborted === true) abort();
  outer?.addEventListener("abort", abort);
  return { signal: controller.signal, abort, release: () => outer?.removeEventListener("abort", abort) };
}

/** Resolves after `ms`, or throws `stopped`. */
export function pause(ms: number, signal: CancelSignal | undefined): Promise<void> {
  throwIfStopped(signal);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(stopped());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort);
  });
}
