/**
 * Runs on their way to the list. What keeps them is fetched once the page is ready, since the server may
 * go away in the middle of a run; a run that cannot be kept yet waits, and goes in with the next one.
 */
import type { Failure } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";

interface Parts {
  /** Fetches what keeps runs, and gives what one is handed to. */
  readonly open: () => Promise<(record: RunRecord) => Promise<void>>;
  /** Calls back in a quiet moment, so that the run after this one is not held up by it. */
  readonly quiet: (callback: () => void) => void;
  readonly fail: (failure: Failure) => void;
}

export interface KeepSoon {
  /** Before the first run. */
  prepare(): void;
  keep(record: RunRecord): void;
}

export function createKeepSoon({ open, quiet, fail }: Parts): KeepSoon {
  const waiting: RunRecord[] = [];
  async function hand(): Promise<void> {
    try {
      const keep = await open();
      for (const record of waiting.splice(0)) await keep(record);
    } catch (thrown) {
      if (waiting.length > 0) fail({ code: "history-unavailable", reason: "not-loaded", what: String(thrown) });
    }
  }
  return {
    prepare: () => quiet(() => void hand()),
    keep(record) {
      waiting.push(record);
      quiet(() => void hand());
    },
  };
}

/** Where the browser has no such moments, half a second later. */
export function inQuiet(callback: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(callback, { timeout: 2000 });
  else setTimeout(callback, 500);
}
