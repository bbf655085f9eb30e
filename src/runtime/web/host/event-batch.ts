/**
 * Events on their way to the page, in batches: what the page does with one batch costs it more than
 * several steps cost this worker, and on a small machine both want the same cores. The first goes at
 * once, the rest when `batchMs` has passed, and whatever is left before the work's own answer. Their
 * times were taken before, so nothing measured changes.
 */
import type { Clock } from "#engine/ports.ts";
import type { RunEvent } from "#core/run/worker-api.ts";

/**
 * Two frames of a display at 60 Hz where there are cores to paint on; ten a second where there are
 * not. Measured over a run on two cores, in processor time: 199 ms of the page's thread and 170 ms of
 * rasterising and compositing beside 159 ms of inference (docs/benchmarks/floor.md).
 */
export const batchMsOn = (cores: number): number => (cores > 2 ? 33 : 100);

export async function inBatches<T>(
  deliver: (events: readonly RunEvent[]) => void,
  clock: Clock,
  batchMs: number,
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
  try {
    return await work((event) => {
      waiting.push(event);
      if (clock.now() - lastMs >= batchMs) flush();
      else timer ??= setTimeout(flush, batchMs);
    });
  } finally {
    flush();
  }
}
