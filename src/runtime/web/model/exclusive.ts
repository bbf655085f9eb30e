/**
 * One at a time by name: across tabs with Web Locks where the page has them, inside this worker
 * everywhere. And a gate that lets only so many through at once.
 */
import { linkedAbort, stopped, throwIfStopped } from "../host/abort.ts";
import type { CancelSignal } from "#engine/ports.ts";

export interface Exclusive {
  run<T>(name: string, work: () => Promise<T>, signal?: CancelSignal): Promise<T>;
}

/** Queues of this worker alone: where there are no Web Locks there is no storage to share either. */
export function workerExclusive(): Exclusive {
  const last = new Map<string, Promise<unknown>>();
  return {
    run: async (name, work, signal) => {
      const before = last.get(name) ?? Promise.resolve();
      const mine = before.then(() => {
        throwIfStopped(signal);
        return work();
      });
      const settled = mine.catch(() => undefined);
      last.set(name, settled);
      try {
        return await mine;
      } finally {
        if (last.get(name) === settled) last.delete(name);
      }
    },
  };
}

function lockedExclusive(locks: LockManager): Exclusive {
  return {
    run: async (name, work, signal) => {
      const abort = linkedAbort(signal);
      try {
        return await locks.request(`cutlayer/${name}`, { signal: abort.signal }, work);
      } catch (thrown) {
        throw signal?.aborted === true && thrown instanceof DOMException ? stopped() : thrown;
      } finally {
        abort.release();
      }
    },
  };
}

export function webExclusive(): Exclusive {
  // Undefined on plain http, whatever the type says.
  const locks: LockManager | undefined = globalThis.navigator.locks;
  return locks === undefined ? workerExclusive() : lockedExclusive(locks);
}

export interface Gate {
  pass<T>(work: () => Promise<T>): Promise<T>;
}

export function gate(width: number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    pass: async (work) => {
      if (inside >= width) await new Promise<void>((resolve) => waiting.push(resolve));
      else inside += 1;
      try {
        return await work();
      } finally {
        // A place is handed over, not freed: whoever comes in between must not find it too.
        const next = waiting.shift();
        if (next === undefined) inside -= 1;
        else next();
      }
    },
  };
}
