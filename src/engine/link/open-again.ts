/**
 * A session in place of one that was lost: the edge server may be starting again, or be one of several that
 * is going while the others take over. It is asked for until it is there, as long as a session would try to come back.
 */
import { seededRandom } from "#core/link/random.ts";
import { failureOf, type Failure, type FailureCode } from "#core/run/failure.ts";
import { whenAborted } from "../cancellation.ts";
import type { CancelSignal } from "../ports.ts";
import { attemptsExpected, waitBefore } from "./back-off.ts";
import type { SocketSetting } from "./socket-connection.ts";

/** Failures that another attempt may mend. */
export const PASSING: readonly FailureCode[] = ["edge-unreachable", "edge-draining", "edge-full"];

type Reopening = Pick<SocketSetting, "clock" | "timer" | "onNotice" | "backOff">;

/** Rejects with the last failure: one that no attempt mends, or the one that stood when the time was over. */
async function openAgain<T>(
  open: () => Promise<T>,
  { clock, timer, onNotice, backOff }: Reopening,
  signal?: CancelSignal,
): Promise<T> {
  const fromMs = clock.now();
  const random = seededRandom(Math.floor(fromMs));
  for (let attempt = 1; ; attempt++) {
    try {
      return await open();
    } catch (thrown) {
      const failure = failureOf(thrown, "openAgain");
      const waitMs = waitBefore(attempt + 1, backOff(), random);
      const leftMs = backOff().forMs - (clock.now() + waitMs - fromMs);
      if (!PASSING.includes(failure.code) || leftMs < 0 || signal?.aborted === true) throw thrown;
      const of = attemptsExpected(attempt + 1, leftMs, backOff());
      onNotice({
        kind: "link",
        state: "reconnecting",
        why: failure.code,
        attempt: attempt + 1,
        of,
        waitMs,
        atMs: fromMs,
      });
      await waitOr(timer, waitMs, signal);
    }
  }
}

/** How many sessions of a channel were lost and not opened anew. */
export class Losses {
  #open = 0;

  note(why: Failure): void {
    if (why.code === "session-lost") this.#open++;
  }

  /** The first session of a run is opened or refused at once; one in place of another may take its time. */
  async replace<T>(open: () => Promise<T>, setting: Reopening, signal?: CancelSignal): Promise<T> {
    const opened = await (this.#open > 0 ? openAgain(open, setting, signal) : open());
    this.#open = Math.max(0, this.#open - 1);
    return opened;
  }
}

function waitOr(timer: SocketSetting["timer"], delayMs: number, signal: CancelSignal | undefined): Promise<void> {
  let [callOff, unsubscribe] = [(): void => undefined, (): void => undefined];
  return new Promise<void>((resolve) => {
    callOff = timer.after(delayMs, resolve);
    unsubscribe = whenAborted(signal, resolve);
  }).finally(() => {
    callOff();
    unsubscribe();
  });
}
