/** Node's clock and timer. Twin: runtime/web/host/clock.ts. */
import type { Timer } from "#engine/link/link-ports.ts";
import type { Clock } from "#engine/ports.ts";

export const nodeClock: Clock = { now: () => performance.now() };

export const nodeTimer: Timer = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
