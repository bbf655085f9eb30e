/** What the strip lights up: the part under the playhead, or nothing. */
import { momentAt, type Moment } from "../../derive/timeline.ts";
import { useFacts } from "../../lab.ts";
import { useFocus } from "../model.ts";

export function useMoment(): Moment | null {
  const lane = useFocus();
  const playheadMs = useFacts("player", (facts) => facts.playheadMs);
  return lane === null || playheadMs === null ? null : momentAt(lane.tokens, playheadMs);
}
