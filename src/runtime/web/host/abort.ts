/**
 * The engine's cancel signal on this side of the host's API: as an AbortSignal that can also be
 * aborted on its own, as the failure `stopped`, and in a pause.
 */
import { Failed } from "#core/run/failure.ts";
import { whenAborted } from "#engine/cancellation.ts";
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
  return { signal: controller.signal, abort, release: whenAborted(outer, abort) };
}

/** Resolves after `ms`, or throws `stopped`. */
export function pause(ms: number, signal: CancelSignal | undefined): Promise<void> {
  throwIfStopped(signal);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe();
      resolve();
    }, ms);
    const unsubscribe = whenAborted(signal, () => {
      clearTimeout(timer);
      reject(stopped());
    });
  });
}
