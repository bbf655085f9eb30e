/**
 * The frame of a chart over tokens: axes, grid, readout and keyboard, by Recharts. It is drawn anew
 * only when one of its own figures changes, and so a few times a second at most while tokens come;
 * an invisible line along the foot is what the library's readout and keyboard walk along.
 */
import { memo } from "react";
import { CartesianGrid, ComposedChart, Line, XAxis, YAxis } from "recharts";
import { ReadoutTooltip } from "../../readout/readout-tooltip.tsx";
import type { ReadoutAt } from "../../readout/readout.tsx";
import { footAxis, leftAxis } from "../../axis/run-axes.ts";
import { GRID, HEIGHT_PX, MARGIN, Y_AXIS_PX } from "../../axis/theme.ts";
import { numberTicks, type ValueAxis } from "../../axis/ticks.ts";
import { LiveLayer } from "./live-layer.tsx";
import type { TokenRange } from "./place.ts";

interface Props {
  readonly widthPx: number;
  readonly range: TokenRange;
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
  a.range.first === b.range.first &&
  a.range.last === b.range.last &&
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
  const { widthPx, range, reached, axis, unit, label, syncId, readoutAt, onPoint, onPick } = props;
  const count = Math.max(0, Math.min(reached, range.last) - range.first + 1);
  const data = Array.from({ length: count }, (_, index) => ({ number: range.first + index, foot: axis.domain[0] }));
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
        {...footAxis("Token", numberTicks(range.first, range.last, plotPx))}
        dataKey="number"
        domain={[range.first - 0.5, range.last + 0.5]}
        allowDataOverflow
      />
      <YAxis {...leftAxis(axis, unit)} />
      <Line dataKey="foot" stroke="none" dot={false} activeDot={false} isAnimationActive={false} />
      <LiveLayer range={range} axis={axis} />
      <ReadoutTooltip readoutAt={readoutAt} onPoint={onPoint} />
    </ComposedChart>
  );
}, sameFrame);
