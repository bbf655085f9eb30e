/** Bytes per token each way, beside what the same token costs as raw text; logarithmic at first, since they differ by orders. */
import { useCallback, useMemo, useState } from "react";
import type { TokenEvent } from "#core/run/record.ts";
import { textBytes } from "../../derive/figures.ts";
import { exactSize, size } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { ChartBox } from "../chart-box.tsx";
import { ChartFrame, Switch } from "../chart-frame.tsx";
import { reachOf } from "../axis/clip.ts";
import { useKept, useLatest } from "../kept.ts";
import { Legend, useHidden, type Series } from "../legend.tsx";
import type { Mark } from "../readout/mark.tsx";
import type { Readout } from "../readout/readout.tsx";
import { linearAxis, logAxis, type ValueAxis } from "../axis/ticks.ts";
import type { TokenRange } from "./bars/place.ts";
import { drawGroups, type BarSeries } from "./bars/bar-paths.ts";
import { Brush } from "./brush.tsx";
import { ClipSwitch } from "./clip-switch.tsx";
import { rangeOf, type RunView } from "./run-view.ts";
import { TokenBars } from "./bars/token-bars.tsx";
import { partFill } from "../../derive/part-fill.ts";

const SERIES: readonly (BarSeries & { readonly name: string; readonly meaning: string })[] = [
  {
    key: "up",
    name: "Up",
    meaning: "to the edge, whole WebSocket messages",
    part: "uplinkMs",
    of: ({ upBytes }) => upBytes,
  },
  {
    key: "down",
    name: "Down",
    meaning: "back to this tab, whole WebSocket messages",
    part: "downlinkMs",
    of: ({ downBytes }) => downBytes,
  },
  {
    key: "text",
    name: "As text",
    meaning: "the same token as UTF-8",
    part: null,
    of: ({ text }) => textBytes(text),
  },
];

const markOf = ({ part }: BarSeries): Mark => ({
  shape: "area",
  fill: part === null ? "var(--ink)" : partFill(part),
});

const LEGEND: readonly Series[] = SERIES.map((each) => ({
  key: each.key,
  name: each.name,
  meaning: each.meaning,
  mark: markOf(each),
}));

const FIRST = 1;

const highestOf = (token: TokenEvent, series: readonly BarSeries[]): number =>
  Math.max(0, ...series.map(({ of }) => of(token)));

export function ByteChart({ lane, view }: { readonly lane: Lane; readonly view: RunView }) {
  const { tokens } = lane;
  const [hidden, toggle] = useHidden();
  const [log, setLog] = useState(true);
  const [open, setOpen] = useState(false);
  const shown = useKept(SERIES.filter(({ key }) => !hidden.has(key)));
  const range = rangeOf(view, FIRST);
  const inRange = useMemo(() => tokens.slice(range.first - 1, range.last), [tokens, range.first, range.last]);
  const highest = inRange.map((token) => highestOf(token, shown));
  const most = Math.max(0, ...highest);
  const reach = log ? { most, over: 0 } : reachOf(highest);
  const totals = totalsOf(tokens);
  if (totals === null) return null;
  return (
    <ChartFrame
      title="Bytes of each token"
      testId="byte-chart"
      lane={lane}
      columns={["Token", "Up", "Down", "As text"]}
      rows={() => tokens.map((token) => [String(token.index + 1), ...SERIES.map(({ of }) => size(of(token)))])}
      summary={`Bytes of each token: ${totals}`}
      note={`Up and down are whole WebSocket messages, headers included, n = ${tokens.length}. ${totals} The scale is ${log ? "logarithmic" : "linear"}.`}
      controls={
        <>
          <ClipSwitch over={reach.over} highest={size(most)} open={open} onChange={setOpen} />
          <Switch on={log} onChange={() => setLog(!log)}>
            Logarithmic
          </Switch>
        </>
      }
      legend={
        <>
          <Brush view={view} first={FIRST} of={(token) => token.upBytes + token.downBytes} />
          <Legend series={LEGEND} hidden={hidden} onToggle={toggle} />
        </>
      }
    >
      <ChartBox>
        {(widthPx) => (
          <ByteBars
            widthPx={widthPx}
            lane={lane}
            view={view}
            tokens={inRange}
            range={range}
            shown={shown}
            axis={log ? logAxis([1, most]) : linearAxis(open ? most : reach.most)}
          />
        )}
      </ChartBox>
    </ChartFrame>
  );
}

interface ByteBarsProps {
  readonly widthPx: number;
  readonly lane: Lane;
  readonly view: RunView;
  readonly tokens: readonly TokenEvent[];
  readonly range: TokenRange;
  readonly shown: typeof SERIES;
  readonly axis: ValueAxis;
}

function ByteBars({ widthPx, lane, view, tokens, range, shown, axis }: ByteBarsProps) {
  const latest = useLatest(lane.tokens);
  const draw = useMemo(() => drawGroups(shown), [shown]);
  const readoutAt = useCallback((number: number) => readoutOf(latest.current[number - 1], shown), [latest, shown]);
  return (
    <TokenBars
      widthPx={widthPx}
      tokens={tokens}
      range={range}
      live={view.live}
      axis={axis}
      draw={draw}
      level={null}
      pointed={view.pointed}
      unit="bytes"
      label="Bytes of each token. The arrow keys read out one token after the other."
      syncId={lane.key}
      readoutAt={readoutAt}
      onPoint={view.point}
      onPick={view.pick}
    />
  );
}

/** Null where nothing crossed a link. */
function totalsOf(tokens: readonly TokenEvent[]): string | null {
  const [up = 0, down = 0, text = 0] = SERIES.map(({ of }) => tokens.reduce((sum, token) => sum + of(token), 0));
  if (up + down === 0) return null;
  return `${size(up)} up and ${size(down)} down in all; the answer as plain text is ${size(text)}.`;
}

function readoutOf(token: TokenEvent | undefined, shown: readonly BarSeries[]): Readout | null {
  if (token === undefined) return null;
  const word = token.text.trim() === "" ? "" : ` \u201c${token.text.trim()}\u201d`;
  const rows = SERIES.filter(({ key }) => shown.some((series) => series.key === key));
  return {
    title: `Token ${token.index + 1}${word}`,
    rows: rows.map((each) => ({ name: each.name, value: exactSize(each.of(token)), mark: markOf(each) })),
    ...(token.positions > 1 ? { notes: [`${token.positions} positions went at once.`] } : {}),
  };
}
