/** Changes that somebody asks of the run under way: whoever runs listens, and says whether it can. */
import type { RunChange } from "#core/run/worker-api.ts";

type Listener = (change: RunChange) => boolean;

export class ChangeRequests {
  #listener: Listener | null = null;

  /** False where nothing runs that can change so. */
  ask(change: RunChange): boolean {
    return this.#listener?.(change) ?? false;
  }

  hear(listener: Listener | null): void {
    this.#listener = listener;
  }
}
