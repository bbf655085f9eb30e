/**
 * Events on their way to the page, in batches: what the page does with one batch costs it more than
 * several steps cost this worker, and on a small machine both want the same cores. The first goes at
 * once, the rest when the wait is over, and whatever is left before the work's own answer. Their
 * times were taken before, so nothing measured changes.
 */
import type { Clock } from "#engine/ports.ts";
import type { RunEvent } from "#core/run/worker-api.ts";

export interface BatchWait {
  readonly ms: number;
  /** The wait when `BURST` events came within `ms`: faster than anybody reads, so nobody misses a frame. */
  readonly burstMs: number;
}

const BURST = 5;

/**
 * Two frames of a display at 60 Hz where there are cores to paint on; ten a second where there are
 * not, and four of a burst. A batch on two cores costs 45 ms of the page's thread and 15 of
 * rasterising, an answer of 18 tokens 50 ms of inference (docs/benchmarks/README.md).
 */
export const batchWaitOn = (cores: number): BatchWait =>
  cores > 2 ? { ms: 33, burstMs: 33 } : { ms: 100, burstMs: 250 };

export async function inBatches<T>(
  deliver: (events: readonly RunEvent[]) => void,
  clock: Clock,
  wait: BatchWait,
  work: (onEvent: (event: RunEvent) => void) => Promise<T>,
): Promise<T> {
  let waiting: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastMs = -Infinity;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    lastMs = clock.now();
    const events = waiting;
    waiting = [];
    if (events.length > 0) deliver(events);
  };
  const onWaited = (): void => {
    if (waiting.length < BURST || wait.burstMs <= wait.ms) flush();
    else timer = setTimeout(flush, wait.burstMs - wait.ms);
  };
  try {
    return await work((event) => {
      waiting.push(event);
      if (timer === null && clock.now() - lastMs >= wait.ms) flush();
      else timer ??= setTimeout(onWaited, wait.ms);
    });
  } finally {
    flush();
  }
}
