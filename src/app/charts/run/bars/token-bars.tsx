/** A chart over the tokens of a run, live or whole: the frame on snapshots, the bars with every token. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { TokenEvent } from "#core/run/record.ts";
import type { ReadoutAt } from "../../readout/readout.tsx";
import type { ValueAxis } from "../../axis/ticks.ts";
import type { DrawBars } from "./bar-paths.ts";
import { LiveBarsContext } from "./live-layer.tsx";
import type { TokenRange } from "./place.ts";
import { TokenPlot } from "./token-plot.tsx";

export interface TokenBarsProps {
  readonly widthPx: number;
  /** Those between the ends of the axis, in order. */
  readonly tokens: readonly TokenEvent[];
  readonly range: TokenRange;
  readonly live: boolean;
  readonly axis: ValueAxis;
  readonly draw: DrawBars;
  readonly level: number | null;
  readonly pointed: number | null;
  readonly unit: string;
  readonly label: string;
  readonly syncId: string;
  readonly readoutAt: ReadoutAt;
  readonly onPoint: (token: number | null) => void;
  readonly onPick: (token: number | null) => void;
}

/** Three times a second: the eye does not miss an axis, and drawing it is what costs. */
const SNAPSHOT_MS = 333;

export function TokenBars({ tokens, live, draw, level, pointed, ...frame }: TokenBarsProps) {
  const last = tokens.at(-1);
  const reached = useSnapshot(last === undefined ? 0 : last.index + 1, live);
  const bars = useMemo(() => ({ tokens, draw, level, pointed }), [tokens, draw, level, pointed]);
  return (
    <LiveBarsContext value={bars}>
      <TokenPlot {...frame} reached={reached} />
    </LiveBarsContext>
  );
}

/** `value` as it was at the last snapshot; as it is once nothing comes any more. */
function useSnapshot(value: number, live: boolean): number {
  const latest = useRef(value);
  const [taken, setTaken] = useState(value);
  useEffect(() => {
    latest.current = value;
  }, [value]);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => setTaken(latest.current), SNAPSHOT_MS);
    return () => clearInterval(timer);
  }, [live]);
  return live ? taken : value;
}
