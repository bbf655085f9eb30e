/**
 * Lines and clouds over two axes: Recharts draws axes, lines, points and intervals and follows the
 * pointer; single prompts, names and what is pointed out are layers of ours.
 */
import { CartesianGrid, ComposedChart, ErrorBar, Line, Scatter, XAxis, YAxis, type DotItemDotProps } from "recharts";
import { tickText } from "#lab/plot/scales.ts";
import type { PlotPoint } from "#lab/plot/plot.ts";
import { ReadoutTooltip } from "../../readout/readout-tooltip.tsx";
import type { Readout } from "../../readout/readout.tsx";
import type { ValueAxis } from "../../axis/ticks.ts";
import { textWidth, type Area } from "../frame/area.ts";
import { BeyondMarks, Names, PointedOut, PromptDots, Titles, usePanelArea, useScales, type Scales } from "./layers.tsx";
import { seriesMark } from "../series/legend-entries.tsx";
import { boxesOf, freestPlace } from "../words/mark-place.ts";
import { namePlaces, type Named } from "../words/name-places.ts";
import { NearestPoint } from "./nearest-point.tsx";
import type { Spot } from "./pointed-at.ts";
import { AXIS_LOOK, axisRoom, tickLook, type PanelProps } from "../frame/panel-props.ts";
import { pointRows, type PointRow } from "./point-rows.ts";
import { exact, INTERVAL_NOTE, valueText } from "../words/point-text.ts";
import { thinned, xRange, yRange } from "../frame/ranges.ts";
import { shownSeries, type PointPlot, type StyledSeries } from "../series/series.ts";
import { SeriesMark } from "../series/symbols.tsx";
import { takenBy } from "../words/taken.ts";
import { useStable } from "./use-stable.ts";

/** Names are a little smaller than ticks. */
const NAME = 0.88;
const PAD = 10;

export function PointsPanel({ plot, panel, look, frame, live }: PanelProps<PointPlot>) {
  const series = shownSeries(plot, panel, look);
  const [x, y] = [xRange(plot, look), yRange(plot, look)];
  const rows = pointRows(series.filter(({ joined }) => joined));
  const readoutAt = useStable((at: number) => {
    const row = rows.find(({ x: place }) => place === at);
    return row === undefined ? null : readoutOf(row, series, plot.xTitle);
  });
  const clouds = series.filter(({ joined }) => !joined);
  const { margin, xHeight, yWidth } = axisRoom(frame);
  const { letter, area } = frame;
  const apart = (area.right - area.left - 2 * PAD) / Math.max(1, x.ticks.length - 1);
  const widest = Math.max(0, ...x.ticks.map((tick) => textWidth(tickText(tick), letter)));
  return (
    <ComposedChart
      width={frame.width}
      height={frame.height}
      margin={margin}
      data={[...rows]}
      accessibilityLayer={live && clouds.length === 0}
    >
      <CartesianGrid vertical={false} syncWithTicks stroke="var(--rule)" />
      <XAxis
        dataKey="x"
        type="number"
        {...axisOf(x)}
        ticks={[...thinned(x.ticks, apart / (widest + letter))]}
        height={xHeight}
        padding={{ left: PAD, right: PAD }}
        tickFormatter={tickText}
        tick={tickLook(letter)}
        {...AXIS_LOOK}
      />
      <YAxis
        type="number"
        {...axisOf(y)}
        width={yWidth}
        tickFormatter={tickText}
        tick={tickLook(letter)}
        axisLine={false}
        tickLine={false}
      />
      {series.filter(({ joined }) => joined).map((each) => line(each, y))}
      {clouds.map((each) => cloud(each, y))}
      {rows.length === 0 && clouds.length === 0 && anchor(x, y)}
      <PromptDots series={series} range={y} />
      <BeyondMarks series={series} range={y} letter={letter} />
      <Said plot={plot} panel={panel} series={series} range={y} letter={letter} />
      <Titles title={plot.panels[panel]?.title ?? ""} frame={frame} />
      {live && clouds.length === 0 && <ReadoutTooltip readoutAt={readoutAt} />}
      {live && clouds.length > 0 && <CloudPointer clouds={clouds} range={y} plot={plot} />}
    </ComposedChart>
  );
}

const axisOf = ({ scale, domain, ticks }: ValueAxis) => ({
  scale,
  domain: [...domain],
  ticks: [...ticks],
  interval: 0 as const,
  allowDataOverflow: false,
});

/** What lies outside the axis is drawn at its end. */
const drawn = (value: number, [least, most]: ValueAxis["domain"]): number => Math.min(most, Math.max(least, value));

function line(series: StyledSeries, { domain }: ValueAxis) {
  const { key, name, colour, dash, width, mark } = series;
  const value = ({ points }: Partial<PointRow>): number | null => {
    const point = points?.get(key); // Recharts asks a line about the points of clouds as well
    return point === undefined ? null : drawn(point.y, domain);
  };
  return (
    <Line
      key={key}
      name={name}
      dataKey={value}
      stroke={colour}
      strokeWidth={width}
      strokeDasharray={dash}
      connectNulls
      isAnimationActive={false}
      dot={
        mark === null
          ? false
          : (props: DotItemDotProps) => <Dot key={props.index} {...props} shape={mark} colour={colour} />
      }
      activeDot={mark === null ? false : { r: 7, fill: "none", stroke: colour, strokeWidth: 1.5 }}
    >
      {mark !== null && (
        <ErrorBar
          dataKey={({ points }: Partial<PointRow>) => errorOf(points?.get(key), domain)}
          stroke={colour}
          strokeWidth={1.3}
          width={3}
          isAnimationActive={false}
        />
      )}
    </Line>
  );
}

/** Below and above the drawn value; null where there is no interval. */
function errorOf(point: PlotPoint | undefined, domain: ValueAxis["domain"]): number[] | null {
  if (point === undefined || point.interval === null) return null;
  const at = drawn(point.y, domain);
  return [at - drawn(point.interval.low, domain), drawn(point.interval.high, domain) - at];
}

const isPlaced = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function Dot({ cx, cy, value, shape, colour }: DotItemDotProps & { readonly shape: number; readonly colour: string }) {
  return isPlaced(cx) && isPlaced(cy) && value !== null ? (
    <SeriesMark x={cx} y={cy} shape={shape} colour={colour} />
  ) : (
    <g />
  );
}

/** Without a point Recharts has no axes: two that nobody sees. */
const anchor = (x: ValueAxis, y: ValueAxis) => (
  <Scatter
    data={[0, 1].map((end) => ({ x: x.domain[end], y: y.domain[end] }))}
    dataKey="y"
    shape={() => <g />}
    isAnimationActive={false}
  />
);

interface CloudPoint {
  readonly x: number;
  readonly y: number;
  readonly error: number[] | null;
}

function cloud({ key, name, colour, mark, points }: StyledSeries, { domain }: ValueAxis) {
  const data = points.map((point): CloudPoint => ({
    x: point.x,
    y: drawn(point.y, domain),
    error: errorOf(point, domain),
  }));
  return (
    <Scatter
      key={key}
      name={name}
      data={data}
      dataKey="y"
      isAnimationActive={false}
      shape={({ cx, cy }: { readonly cx?: number | undefined; readonly cy?: number | undefined }) =>
        isPlaced(cx) && isPlaced(cy) ? <SeriesMark x={cx} y={cy} shape={mark ?? 0} colour={colour} /> : <g />
      }
    >
      <ErrorBar dataKey="error" direction="y" stroke={colour} strokeWidth={1.2} width={3} isAnimationActive={false} />
    </Scatter>
  );
}

interface SaidProps {
  readonly plot: PointPlot;
  readonly panel: number;
  readonly series: readonly StyledSeries[];
  readonly range: ValueAxis;
  readonly letter: number;
}

/** What is pointed out first: there is little of it, and names find another place. */
function Said({ plot, panel, series, range: { domain }, letter }: SaidProps) {
  const [scales, area] = [useScales(), usePanelArea()];
  if (scales === null || area === null) return null;
  const placed: Scales = { x: scales.x, y: (value) => scales.y(drawn(value, domain)) };
  const taken = takenBy(series, placed);
  const marks = (plot.marks ?? [])
    .filter((mark) => mark.panel === panel)
    .map(({ text, ...mark }) => ({ text, x: placed.x(mark.x), y: placed.y(mark.y) }))
    .filter(({ x }) => x >= area.left && x <= area.right)
    .map(({ text, x, y }) => ({ x, y, words: freestPlace(text, { x, y }, area, taken, letter) }));
  const obstacles = [...spreadBoxes(series, placed), ...marks.flatMap(({ words, x, y }) => boxesOf(words, { x, y }))];
  const room = { obstacles, words: marks.map(({ words }) => words) };
  return (
    <>
      <Names names={namePlaces(namedIn(series, placed), area, letter * NAME, room)} letter={letter * NAME} />
      <PointedOut marks={marks} letter={letter} />
    </>
  );
}

const namedIn = (series: readonly StyledSeries[], { x, y }: Scales): readonly Named[] =>
  series.flatMap(({ role, points }) =>
    role === "measured"
      ? points.flatMap((point) => (point.label === null ? [] : [{ name: point.label, x: x(point.x), y: y(point.y) }]))
      : [],
  );

const spreadBoxes = (series: readonly StyledSeries[], { x, y }: Scales): readonly Area[] =>
  series.flatMap(({ joined, points }) =>
    points.flatMap(({ x: at, interval }) =>
      joined || interval === null
        ? []
        : [{ left: x(at) - 1, right: x(at) + 1, top: y(interval.high), bottom: y(interval.low) }],
    ),
  );

const readoutOf = ({ x, points }: PointRow, series: readonly StyledSeries[], xTitle: string): Readout => ({
  title: `${exact(x)} (${xTitle})`,
  rows: series.flatMap((each) => {
    const point = points.get(each.key);
    return point === undefined ? [] : [{ name: each.name, value: valueText(point), mark: seriesMark(each) }];
  }),
  notes: [...points.values()].some(({ interval }) => interval !== null) ? [INTERVAL_NOTE] : [],
});

interface CloudProps {
  readonly clouds: readonly StyledSeries[];
  readonly range: ValueAxis;
  readonly plot: PointPlot;
}

function CloudPointer({ clouds, range: { domain }, plot: { xTitle, yTitle } }: CloudProps) {
  const scales = useScales();
  if (scales === null) return null;
  const spots = clouds.flatMap(({ name, points }) =>
    points.map((point): Spot => ({
      x: scales.x(point.x),
      y: scales.y(drawn(point.y, domain)),
      readout: {
        title: point.label ?? name,
        rows: [
          { name: yTitle, value: valueText(point) },
          { name: xTitle, value: exact(point.x) },
        ],
        notes: point.interval === null ? [] : [INTERVAL_NOTE],
      },
    })),
  );
  return <NearestPoint spots={spots} />;
}
