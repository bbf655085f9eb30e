/** What the charts of one run share: which tokens are looked at, and which one is pointed at. */
import { useCallback, useState } from "react";
import { useFacts, useLab } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { roomFor, type TokenRange } from "./bars/place.ts";

export interface RunView {
  readonly lane: Lane;
  readonly live: boolean;
  /** Null shows all of them. */
  readonly window: TokenRange | null;
  choose(window: TokenRange | null): void;
  /** By anything on the page. Tokens are counted from one. */
  readonly pointed: number | null;
  readonly point: (token: number | null) => void;
  readonly pick: (token: number | null) => void;
}

export function useRunView(lane: Lane): RunView {
  const { stores } = useLab();
  const pointedIndex = useFacts("page", (facts) => facts.pointed);
  const [chosen, setChosen] = useState<{ readonly key: string; readonly window: TokenRange | null } | null>(null);
  const point = useCallback(
    (token: number | null) => {
      const pointed = token === null ? null : token - 1;
      if (stores.page.getState().pointed !== pointed) stores.page.setState({ pointed });
    },
    [stores],
  );
  const pick = useCallback(
    (token: number | null) => stores.page.setState({ token: token === null ? null : token - 1 }),
    [stores],
  );
  return {
    lane,
    live: lane.record === null,
    window: chosen?.key === lane.key ? chosen.window : null,
    pointed: pointedIndex === null ? null : pointedIndex + 1,
    choose: (window) => setChosen({ key: lane.key, window }),
    point,
    pick,
  };
}

/** The ends of the axis: the chosen window, or all tokens from `first` on with room for those to come. */
export function rangeOf({ lane, live, window }: RunView, first: number): TokenRange {
  const count = lane.tokens.length;
  if (window !== null) return { first: Math.max(first, window.first), last: Math.max(first, window.last) };
  return { first, last: Math.max(first, live ? roomFor(count, lane.config.maxTokens) : count) };
}
