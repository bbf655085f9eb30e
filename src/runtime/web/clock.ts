/**
 * The end device's clock and timer. The browser rounds the clock (5 µs when cross-origin isolated,
 * 100 µs or more when not) and clamps nested timers to 4 ms: the preflight measures the step,
 * records carry it.
 */
import type { Timer } from "#engine/link-ports.ts";
import type { Clock } from "#engine/ports.ts";

export const webClock: Clock = { now: () => performance.now() };

export const webTimer: Timer = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
