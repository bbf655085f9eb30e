/** Picks a token of a lane: its parts are taken apart below. Null shows the run as a whole. */
import { useCallback } from "react";
import { useLab } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";

export function usePick(lane: Lane): (index: number | null) => void {
  const { stores, player } = useLab();
  return useCallback(
    (index) => {
      player.end();
      stores.runs.setState({ focus: lane.key });
      stores.page.setState({ token: index });
    },
    [stores, player, lane.key],
  );
}
