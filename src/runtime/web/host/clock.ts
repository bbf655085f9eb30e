/**
 * The end device's clock and timer. The browser rounds the clock (5 µs when cross-origin isolated,
 * 100 µs or more when not): the preflight measures the step, records carry it. setTimeout drops
 * fractions of a millisecond and holds nested timers for 4 ms, so where memory can be shared (a
 * worker of an isolated page) a wait on memory that nobody writes is the timer: its time-out comes
 * 0.1 to 0.2 ms late (measured in Chromium; docs/benchmarks, the link).
 */
import type { Timer } from "#engine/link/link-ports.ts";
import type { Clock } from "#engine/ports.ts";

export const webClock: Clock = { now: () => performance.now() };

const canWaitOnMemory = typeof SharedArrayBuffer === "function" && typeof Atomics.waitAsync === "function";

/** Rounded up: better late by less than a millisecond than early and waiting again. */
const coarseTimer: Timer = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};

function preciseTimer(): Timer {
  const untouched = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return {
    after: (delayMs, run) => {
      let calledOff = false;
      const { value } = Atomics.waitAsync(untouched, 0, 0, Math.max(0, delayMs));
      void Promise.resolve(value).then(() => {
        if (!calledOff) run();
      });
      return () => {
        calledOff = true;
      };
    },
  };
}

export const webTimer: Timer = canWaitOnMemory ? preciseTimer() : coarseTimer;
