/** What every verdict begins with, however much the page says: whether a race speaks, and what kind of run is shown. */
import { reconnectingText } from "../../derive/outage-text.ts";
import { line, type VerdictLine } from "../../derive/verdict-line.ts";
import { useFacts } from "../../lab.ts";
import { interruptedLane, type Lane } from "../../stores/runs.ts";
import { useWaiting } from "./use-waiting.ts";

/** A race speaks while it is on, and while one of its runs is what is looked at. */
export function useRaced(lane: Lane | null): VerdictLine | null {
  const race = useFacts("race", (facts) => facts);
  const waiting = useInterrupted();
  const waitMs = useWaiting(waiting?.reconnecting ?? null);
  if (waiting !== null && waiting.race !== null) return line(reconnectingText(waiting, waitMs) ?? "");
  const racing = race.state === "warming" || (lane?.race ?? null) !== null;
  return racing ? race.line : null;
}

export const useInterrupted = (): Lane | null => useFacts("runs", interruptedLane);

export function labelOf(lane: Lane | null, ready: boolean): string {
  if (lane?.origin === "recorded") return "Recorded";
  if (lane !== null && lane.reconnecting !== null) return "Interrupted";
  if (lane?.record?.finish.kind === "stopped") return "Stopped";
  if (lane?.record?.finish.kind === "failed") return "Failed";
  return lane !== null || ready ? "Live" : "Starting";
}

/** Under way, or come to its end. */
export const isLive = (lane: Lane | null, ready: boolean): boolean =>
  lane === null
    ? ready
    : lane.origin === "live" &&
      lane.reconnecting === null &&
      !["stopped", "failed"].includes(lane.record?.finish.kind ?? "");
