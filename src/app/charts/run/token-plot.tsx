/**
 * The frame of a chart over tokens: axes, grid, readout and keyboard, by Recharts. It is drawn anew
 * only when one of its own figures changes, and so a few times a second at most while tokens come;
 * an invisible line along the foot is what the library's readout and keyboard walk along.
 */
import { memo } from "react";
import { CartesianGrid, ComposedChart, Line, XAxis, YAxis } from "recharts";
import { ReadoutTooltip } from "../readout-tooltip.tsx";
import type { ReadoutAt } from "../readout.tsx";
import { AXIS, GRID, HEIGHT_PX, MARGIN, TICK, X_AXIS_PX, Y_AXIS_PX } from "../theme.ts";
import { tickText } from "#lab/plot/scales.ts";
import { numberTicks, type ValueAxis } from "../ticks.ts";
import { LiveLayer } from "./live-layer.tsx";
import type { Span } from "./place.ts";

interface Props {
  readonly widthPx: number;
  readonly span: Span;
  /** The last token that can be pointed at. */
  readonly reached: number;
  readonly axis: ValueAxis;
  readonly unit: string;
  /** What is spoken of the chart when it has the focus. */
  readonly label: string;
  /** Charts of one run, that point together. */
  readonly syncId: string;
  readonly readoutAt: ReadoutAt;
  readonly onPoint: (token: number | null) => void;
  readonly onPick: (token: number | null) => void;
}

/** Spans and axes are small values that are made anew: they are compared by what they hold. */
const sameFrame = (a: Props, b: Props): boolean =>
  a.widthPx === b.widthPx &&
  a.span.first === b.span.first &&
  a.span.last === b.span.last &&
  a.reached === b.reached &&
  a.axis.scale === b.axis.scale &&
  a.axis.domain[0] === b.axis.domain[0] &&
  a.axis.domain[1] === b.axis.domain[1] &&
  a.label === b.label &&
  a.syncId === b.syncId &&
  a.readoutAt === b.readoutAt &&
  a.onPoint === b.onPoint &&
  a.onPick === b.onPick;

export const TokenPlot = memo(function TokenPlot(props: Props) {
  const { widthPx, span, reached, axis, unit, label, syncId, readoutAt, onPoint, onPick } = props;
  const count = Math.max(0, Math.min(reached, span.last) - span.first + 1);
  const data = Array.from({ length: count }, (_, index) => ({ number: span.first + index, foot: axis.domain[0] }));
  const plotPx = widthPx - Y_AXIS_PX - MARGIN.right;
  return (
    <ComposedChart
      width={widthPx}
      height={HEIGHT_PX}
      margin={MARGIN}
      data={data}
      syncId={syncId}
      syncMethod="value"
      aria-label={label}
      onClick={({ activeLabel }) => onPick(activeLabel === undefined ? null : Number(activeLabel))}
    >
      <CartesianGrid vertical={false} stroke={GRID} />
      <XAxis
        type="number"
        dataKey="number"
        domain={[span.first - 0.5, span.last + 0.5]}
        allowDataOverflow
        ticks={[...numberTicks(span.first, span.last, plotPx)]}
        interval={0}
        height={X_AXIS_PX}
        tick={TICK}
        tickMargin={4}
        stroke={AXIS.stroke}
        label={{ value: "Token", position: "insideBottom", offset: 2, ...TICK }}
      />
      <YAxis
        type="number"
        scale={axis.scale}
        domain={[...axis.domain]}
        allowDataOverflow
        ticks={[...axis.ticks]}
        interval={0}
        width={Y_AXIS_PX}
        tick={TICK}
        tickFormatter={tickText}
        tickMargin={4}
        tickLine={false}
        axisLine={false}
        label={{ value: unit, position: "top", offset: 14, ...TICK }}
      />
      <Line dataKey="foot" stroke="none" dot={false} activeDot={false} isAnimationActive={false} />
      <LiveLayer span={span} axis={axis} />
      <ReadoutTooltip readoutAt={readoutAt} onPoint={onPoint} />
    </ComposedChart>
  );
}, sameFrame);
