/** Every token's interval by part, stacked; the first one is prefill and stands in the note and the table. */
import { useCallback, useMemo, useState } from "react";
import { TOKEN_PARTS, type TokenEvent, type TokenPart } from "#core/run/record.ts";
import { spreadOf, totalsOfLane } from "../../derive/figures.ts";
import { laneSummary } from "../../derive/lane-text.ts";
import { outageText } from "../../derive/outage-text.ts";
import { PART_NAMES, startOf } from "../../derive/timeline.ts";
import { duration } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { ChartBox } from "../chart-box.tsx";
import { ChartFrame } from "../chart-frame.tsx";
import { reachOf } from "../axis/clip.ts";
import { useKept, useLatest } from "../kept.ts";
import { Legend, useHidden } from "../legend.tsx";
import { linearAxis } from "../axis/ticks.ts";
import { seriesOfPart, tokenReadout } from "../readout/token-readout.ts";
import { drawStacks } from "./bars/bar-paths.ts";
import { Brush } from "./brush.tsx";
import { ClipSwitch } from "./clip-switch.tsx";
import type { TokenRange } from "./bars/place.ts";
import { rangeOf, type RunView } from "./run-view.ts";
import { TokenBars } from "./bars/token-bars.tsx";

/** Decode steps: the first token is number one and is left out. */
const FIRST = 2;

export function TokenChart({ lane, view }: { readonly lane: Lane; readonly view: RunView }) {
  const { tokens } = lane;
  const [hidden, toggle] = useHidden();
  const [open, setOpen] = useState(false);
  const used = useKept(TOKEN_PARTS.filter((part) => tokens.some((token) => token[part] > 0)));
  const shown = useKept(used.filter((part) => !hidden.has(part)));
  const range = rangeOf(view, FIRST);
  const steps = useMemo(() => tokens.slice(range.first - 1, range.last), [tokens, range.first, range.last]);
  const totals = steps.map((token) => sumOf(token, shown));
  // A bar with an outage in it is cut off at the top: the others keep their height.
  const { most } = reachOf(steps.map((token) => sumOf(token, shown) - (hidden.has("outageMs") ? 0 : token.outageMs)));
  const reach = { most, over: totals.filter((total) => total > most).length };
  return (
    <ChartFrame
      title="Each token, by part"
      testId="token-chart"
      lane={lane}
      columns={["Token", "Text", "Interval", ...used.map((part) => PART_NAMES[part]), "Positions"]}
      rows={() => tableRows(tokens, used)}
      summary={laneSummary(lane)}
      note={noteOf(lane)}
      controls={
        <ClipSwitch over={reach.over} highest={duration(Math.max(0, ...totals))} open={open} onChange={setOpen} />
      }
      legend={
        <>
          <Brush view={view} first={FIRST} of={(token) => sumOf(token, TOKEN_PARTS)} />
          <Legend series={used.map(seriesOfPart)} hidden={hidden} onToggle={toggle} />
        </>
      }
    >
      <ChartBox nothing={tokens.length < FIRST ? "Nothing to draw yet: bars begin with the second token." : null}>
        {(widthPx) => (
          <TokenStack
            widthPx={widthPx}
            view={view}
            syncId={lane.key}
            all={tokens}
            tokens={steps}
            range={range}
            parts={shown}
            most={open ? Math.max(0, ...totals) : reach.most}
            level={hidden.size > 0 ? null : totalsOfLane(lane).tpotMs}
          />
        )}
      </ChartBox>
    </ChartFrame>
  );
}

interface StackProps {
  readonly widthPx: number;
  readonly view: Pick<RunView, "live" | "pointed" | "point" | "pick">;
  /** Charts of one run, that point together. */
  readonly syncId: string;
  /** The run's, and those of them that are drawn. */
  readonly all: readonly TokenEvent[];
  readonly tokens: readonly TokenEvent[];
  readonly range: TokenRange;
  readonly parts: readonly TokenPart[];
  /** What the axis reaches. */
  readonly most: number;
  /** The median; null where parts are hidden, and it would be of something else. */
  readonly level: number | null;
}

/** The drawing without what stands around it, as the benchmark measures it. */
export function TokenStack({ widthPx, view, syncId, all, tokens, range, parts, most, level }: StackProps) {
  const latest = useLatest(all);
  const draw = useMemo(() => drawStacks(parts), [parts]);
  const readoutAt = useCallback((number: number) => tokenReadout(latest.current, number, parts), [latest, parts]);
  return (
    <TokenBars
      widthPx={widthPx}
      tokens={tokens}
      range={range}
      live={view.live}
      axis={linearAxis(Math.max(most, level ?? 0))}
      draw={draw}
      level={level}
      pointed={view.pointed}
      unit="ms"
      label="Each token by part. The arrow keys read out one token after the other."
      syncId={syncId}
      readoutAt={readoutAt}
      onPoint={view.point}
      onPick={view.pick}
    />
  );
}

const sumOf = (token: TokenEvent, parts: readonly TokenPart[]): number =>
  parts.reduce((sum, part) => sum + token[part], 0);

function noteOf(lane: Lane): string {
  const { tpotMs, ttftMs } = totalsOfLane(lane);
  const spread = spreadOf(lane.tokens);
  const median = tpotMs === null ? "" : `, median ${duration(tpotMs)} (dashed line)`;
  const half = spread === null ? "" : `, middle half ${duration(spread[0])} to ${duration(spread[1])}`;
  return `Decode steps, n = ${Math.max(0, lane.tokens.length - 1)}${median}${half}. The first token took ${ttftMs === null ? "\u2013" : duration(ttftMs)} and is in the table.${outageText(
    lane,
  )
    .map((sentence) => ` ${sentence}`)
    .join("")}`;
}

const tableRows = (tokens: readonly TokenEvent[], used: readonly TokenPart[]): readonly (readonly string[])[] =>
  tokens.map((token, index) => [
    String(token.index + 1),
    token.text.trim(),
    duration(token.atMs - startOf(tokens, index)),
    ...used.map((part) => duration(token[part])),
    String(token.positions),
  ]);
