/**
 * Parts of a token's time as stacked bars that lie, one a configuration: so their names have room at
 * every width. The whole stands behind each bar.
 */
import { Bar, ComposedChart, CartesianGrid, useXAxisScale, useYAxisScale, XAxis, YAxis, ZIndexLayer } from "recharts";
import type { TokenPart } from "#core/run/record.ts";
import type { Bar as BarData, Plot } from "#lab/plot/plot.ts";
import { PART_NAMES } from "../../../derive/timeline.ts";
import type { Readout } from "../../readout/readout.tsx";
import { alongLine, textWidth, type Place } from "../frame/area.ts";
import { barLabel, BAR_ROW, lengthOf, partsShown, type BarPlot } from "../frame/bar-rows.ts";
import { HALO, LAYERS, PointedOut, Titles, usePanelArea } from "./layers.tsx";
import { partFill } from "../../../derive/part-fill.ts";
import { partMark } from "../series/legend-entries.tsx";
import { freestPlace, type Taken } from "../words/mark-place.ts";
import { NearestPoint } from "./nearest-point.tsx";
import type { Spot } from "./pointed-at.ts";
import { AXIS_LOOK, axisRoom, footFromZero, type PanelProps } from "../frame/panel-props.ts";
import { exact, standsOn } from "../words/point-text.ts";
import { INK } from "../series/series.ts";

/** Clear of a ring around the bar's end. */
const TOTAL_GAP = 12;
/** How ill words stand on a bar, on its figure; looked at every so many pixels along both. */
const BAR_WEIGHT = 3;
const FIGURE_WEIGHT = 10;
const EVERY_PX = 6;

export function BarsPanel({ plot, panel, look, frame, live }: PanelProps<BarPlot>) {
  const { bars = [], title = "" } = plot.panels[panel] ?? {};
  const parts = partsShown(plot, look);
  const { margin, yWidth } = axisRoom(frame);
  const { letter, area } = frame;
  const most = mostOf(plot, parts, area.right - area.left, letter);
  return (
    <ComposedChart
      layout="vertical"
      width={frame.width}
      height={frame.height}
      margin={margin}
      data={[...bars]}
      barCategoryGap="22%"
      accessibilityLayer={false}
    >
      <CartesianGrid horizontal={false} syncWithTicks stroke="var(--rule)" />
      <XAxis {...footFromZero(most, frame)} />
      <YAxis
        type="category"
        dataKey="label"
        width={yWidth}
        interval={0}
        tickLine={false}
        tick={({ x, y, payload }: TickProps) => (
          <BarName x={Number(x)} y={Number(y)} name={payload.value} letter={letter} />
        )}
        {...AXIS_LOOK}
      />
      {parts.map((part) => (
        <Bar
          key={part}
          name={PART_NAMES[part]}
          dataKey={(bar: BarData) => msOf(bar, part)}
          stackId="parts"
          fill={partFill(part)}
          stroke="var(--paper)"
          strokeWidth={0.6}
          isAnimationActive={false}
        />
      ))}
      <Totals bars={bars} parts={parts} letter={letter} />
      <Marks plot={plot} panel={panel} bars={bars} parts={parts} letter={letter} />
      <Titles title={title} frame={frame} />
      {live && <BarPointer bars={bars} parts={parts} />}
    </ComposedChart>
  );
}

interface TickProps {
  readonly x?: string | number;
  readonly y?: string | number;
  readonly payload: { readonly value: string };
}

function BarName({
  x,
  y,
  name,
  letter,
}: {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly letter: number;
}) {
  const lines = barLabel(name);
  return (
    <text x={x} y={y} fontSize={letter * BAR_ROW.name} fill={INK} textAnchor="end">
      {lines.map((line, nth) => (
        <tspan key={line} x={x} y={y + letter * BAR_ROW.name * (0.35 + (nth - (lines.length - 1) / 2) * 1.12)}>
          {line}
        </tspan>
      ))}
    </text>
  );
}

const msOf = ({ segments }: BarData, part: TokenPart): number =>
  segments.find((segment) => segment.part === part)?.ms ?? 0;

/** The axis leaves room for the words behind the longest bar. */
function mostOf(plot: BarPlot, parts: readonly TokenPart[], width: number, letter: number): number {
  const longest = Math.max(1e-9, ...plot.panels.flatMap(({ bars }) => bars.map((bar) => lengthOf(bar, parts))));
  const words = textWidth(totalText(longest), letter) + TOTAL_GAP;
  return longest / Math.max(0.4, 1 - words / width);
}

const totalText = (ms: number): string => `${ms.toFixed(1)} ms`;

interface BarsProps {
  readonly bars: readonly BarData[];
  readonly parts: readonly TokenPart[];
  readonly letter: number;
}

function Totals({ bars, parts, letter }: BarsProps) {
  const ends = useEnds(bars, parts);
  return (
    <ZIndexLayer zIndex={LAYERS.figures}>
      {ends.map(({ x, y, total, label }) => (
        <text key={label} x={x + TOTAL_GAP} y={y + letter * 0.35} fontSize={letter} fill={INK} data-total="" {...HALO}>
          {totalText(total)}
        </text>
      ))}
    </ZIndexLayer>
  );
}

interface BarEnd extends Place {
  readonly total: number;
  readonly label: string;
}

/** Where each bar ends, in pixels; none until Recharts knows its axes. */
function useEnds(bars: readonly BarData[], parts: readonly TokenPart[]): readonly BarEnd[] {
  const [x, y] = [useXAxisScale(), useYAxisScale()];
  if (x === undefined || y === undefined) return [];
  return bars.map((bar) => {
    const total = lengthOf(bar, parts);
    return { x: x(total) ?? NaN, y: y(bar.label, { position: "middle" }) ?? NaN, total, label: bar.label };
  });
}

function Marks({ plot, panel, bars, parts, letter }: BarsProps & { readonly plot: Plot; readonly panel: number }) {
  const ends = useEnds(bars, parts);
  const area = usePanelArea();
  if (area === null) return null;
  const taken = ends.flatMap((end) => takenByBar(end, area.left, letter));
  const marks = (plot.marks ?? []).flatMap((mark) => {
    const at = mark.panel === panel ? ends[mark.x] : undefined;
    return at === undefined ? [] : [{ x: at.x, y: at.y, words: freestPlace(mark.text, at, area, taken, letter) }];
  });
  return <PointedOut marks={marks} letter={letter} />;
}

/** A bar, and what is written behind it: a line across figures makes them hard to read. */
function takenByBar({ x, y, total }: BarEnd, left: number, letter: number): readonly Taken[] {
  const behind = x + TOTAL_GAP + textWidth(totalText(total), letter);
  return [-letter / 2, 0, letter / 2].flatMap((aside) => {
    const at = (px: number): Place => ({ x: px, y: y + aside });
    return [
      ...alongLine(at(left), at(x), EVERY_PX).map((place) => ({ ...place, weight: BAR_WEIGHT })),
      ...alongLine(at(x), at(behind), EVERY_PX).map((place) => ({ ...place, weight: FIGURE_WEIGHT })),
    ];
  });
}

/** Recharts walks along such bars by the wrong arrow keys, and says nothing: here the row under the pointer speaks. */
function BarPointer({ bars, parts }: Pick<BarsProps, "bars" | "parts">) {
  const spots = useEnds(bars, parts).flatMap(({ x, y }, nth): readonly Spot[] => {
    const bar = bars[nth];
    return bar === undefined ? [] : [{ x, y, readout: barReadout(bar, parts) }];
  });
  return <NearestPoint spots={spots} what="bars" />;
}

const barReadout = (bar: BarData, parts: readonly TokenPart[]): Readout => {
  const total = lengthOf(bar, parts);
  return {
    title: `${bar.label}: ${exact(total)} ms`,
    rows: parts
      .filter((part) => msOf(bar, part) > 0)
      .map((part) => ({
        name: PART_NAMES[part],
        value: `${exact(msOf(bar, part))} ms, ${((100 * msOf(bar, part)) / total).toFixed(0)}%`,
        mark: partMark(part),
      })),
    notes: [`Medians, ${standsOn(bar)}.`],
  };
};
