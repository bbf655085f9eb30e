/**
 * Somebody else's synchronous work, ended where it does not end by itself: the engine's own watchdog
 * terminates what runs under a script, whatever loop it is in, and this thread goes on.
 * Source: Node.js documentation, vm: `timeout`.
 */
import { Script, createContext } from "node:vm";

const CALL = new Script("work()");

/** What `work` returns; null where it was not done after `ms`. What it throws is thrown. */
export function withinTime<T extends object>(ms: number, work: () => T): T | null {
  let done: T | null = null;
  try {
    CALL.runInContext(createContext({ work: () => void (done = work()) }), { timeout: ms });
  } catch (thrown) {
    // An Error of the script's own context, so that `instanceof` does not know it.
    if (
      !(
        typeof thrown === "object" &&
        thrown !== null &&
        "code" in thrown &&
        thrown.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
      )
    )
      throw thrown;
  }
  return done;
}
