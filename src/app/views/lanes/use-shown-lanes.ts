/** The lanes on screen; in a race every strategy has its place from the start. */
import type { Mode } from "#core/run/config.ts";
import { useFacts } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import type { Lane } from "../../stores/runs.ts";

export function useShownLanes(): { readonly lanes: readonly Lane[]; readonly waiting: readonly Mode[] } {
  const { lanes, shown } = useFacts("runs", (facts) => facts);
  const racing = useFacts("race", isRacing);
  const strategies = useFacts("race", (facts) => facts.strategies);
  const visible = shown.flatMap((key) => lanes.find((lane) => lane.key === key) ?? []);
  if (!racing) return { lanes: visible, waiting: [] };
  const raced = visible.filter((lane) => lane.race !== null);
  return {
    lanes: raced,
    waiting: strategies.filter((mode) => !raced.some((lane) => lane.config.mode === mode)),
  };
}
