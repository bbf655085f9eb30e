/**
 * Events on their way to the page, in batches: each crossing wakes both sides and costs a step some
 * of its core, and nobody reads faster. The first goes at once, the rest when two frames have
 * passed, and whatever is left before the work's own answer. Their times were taken before, so
 * nothing measured changes.
 */
import type { Clock } from "#engine/ports.ts";
import type { RunEvent } from "#core/run/worker-api.ts";

/** Two frames of a display at 60 Hz: a page that paints more often takes the step's core away on a small machine. */
const BATCH_MS = 33;

export async function inBatches<T>(
  deliver: (events: readonly RunEvent[]) => void,
  clock: Clock,
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
      if (clock.now() - lastMs >= BATCH_MS) flush();
      else timer ??= setTimeout(flush, BATCH_MS);
    });
  } finally {
    flush();
  }
}
