/**
 * The drawing of time per token over the cut: dots with the middle half of their steps, the
 * modelled line, uncut runs as dashed levels whose names stand right of the plot, where no point
 * can be, and the chosen cut as a vertical line.
 */
import { memo } from "react";
import {
  CartesianGrid,
  ComposedChart,
  ErrorBar,
  Line,
  ReferenceLine,
  usePlotArea,
  useYAxisScale,
  XAxis,
  YAxis,
} from "recharts";
import { modeName } from "../../../derive/lane-text.ts";
import type { Hidden } from "../../legend.tsx";
import { ReadoutTooltip } from "../../readout/readout-tooltip.tsx";
import type { ReadoutAt } from "../../readout/readout.tsx";
import { footAxis, leftAxis } from "../../axis/run-axes.ts";
import { GRID, HEIGHT_PX, MARGIN, TICK, Y_AXIS_PX } from "../../axis/theme.ts";
import { numberTicks, type ValueAxis } from "../../axis/ticks.ts";
import { cutRows, levelStroke, namesAt, type CutFigures, type CutRow, type Level } from "./cut-figures.ts";

/** Below this width the legend alone names the levels. */
const NAMES_FROM_PX = 430;
const LETTER_PX = 7.4;

interface Props {
  readonly widthPx: number;
  readonly figures: CutFigures;
  readonly hidden: Hidden;
  readonly axis: ValueAxis;
  readonly readoutAt: ReadoutAt;
}

export const CutPlot = memo(function CutPlot({ widthPx, figures, hidden, axis, readoutAt }: Props) {
  const { blocks, chosen } = figures;
  const uncut = figures.uncut.filter(({ mode }) => !hidden.has(mode));
  const [, top] = axis.domain;
  const names = widthPx >= NAMES_FROM_PX ? uncut.map(({ mode }) => modeName(mode)) : [];
  const namesPx = Math.max(0, ...names.map((name) => name.length * LETTER_PX + 12));
  const right = Math.max(MARGIN.right, namesPx);
  return (
    <ComposedChart
      width={widthPx}
      height={HEIGHT_PX}
      margin={{ ...MARGIN, right }}
      data={[...cutRows(figures, top)]}
      aria-label="Time per token over the cut. The arrow keys read out one cut after the other."
    >
      <CartesianGrid vertical={false} stroke={GRID} />
      <XAxis
        {...footAxis("Cut: blocks in this tab", numberTicks(0, blocks, widthPx - Y_AXIS_PX - right))}
        dataKey="cut"
        domain={[0, blocks]}
        padding={{ left: 10, right: 10 }}
      />
      <YAxis {...leftAxis(axis, "ms a token")} label={UNIT} />
      {chosen !== null && <ReferenceLine x={chosen} stroke="var(--ink)" strokeDasharray="1 3" />}
      {uncut.map(levelLine)}
      {modelledLine(hidden.has("modelled"))}
      {measuredDots(hidden.has("measured"))}
      {names.length > 0 && <LevelNames levels={uncut} top={top} />}
      <ReadoutTooltip readoutAt={readoutAt} />
    </ComposedChart>
  );
});

/** Wider than the axis: it begins at the axis' left. */
const UNIT = { value: "ms a token", position: "top", offset: 14, ...TICK, textAnchor: "start", dx: -24 } as const;

const levelLine = ({ mode, tpotMs }: Level) => (
  <ReferenceLine
    key={mode}
    y={tpotMs}
    ifOverflow="hidden"
    stroke={levelStroke(mode).stroke}
    strokeWidth={1.5}
    strokeDasharray={levelStroke(mode).dash}
  />
);

const modelledLine = (hide: boolean) => (
  <Line
    dataKey="modelled"
    hide={hide}
    type="linear"
    stroke="var(--ink-faint)"
    strokeWidth={1.5}
    strokeDasharray="4 4"
    dot={false}
    activeDot={false}
    isAnimationActive={false}
  />
);

const measuredDots = (hide: boolean) => (
  <Line dataKey="measured" hide={hide} stroke="none" dot={MeasuredDot} activeDot={false} isAnimationActive={false}>
    <ErrorBar dataKey="half" width={4} stroke="var(--ink)" strokeWidth={1.5} isAnimationActive={false} />
  </Line>
);

interface DotProps {
  readonly cx?: number;
  readonly cy?: number;
  readonly payload?: CutRow;
}

/** A dot; an arrow head at the top of the axis where the value is above it. */
function MeasuredDot({ cx, cy, payload }: DotProps) {
  if (cx === undefined || cy === undefined || payload?.measured === null || payload === undefined) return <g />;
  if (payload.over) return <path d={`M${cx - 6} ${cy - 3}l6 -9l6 9z`} fill="var(--ink)" />;
  return <circle cx={cx} cy={cy} r={4.5} fill="var(--ink)" stroke="var(--paper)" strokeWidth={1.5} />;
}

/** The names of the levels in the margin, each at its line or as near as the others let it. */
function LevelNames({ levels, top }: { readonly levels: readonly Level[]; readonly top: number }) {
  const plot = usePlotArea();
  const scale = useYAxisScale();
  if (plot === undefined || scale === undefined) return null;
  const lines = levels.map(({ tpotMs }) => scale(Math.min(top, tpotMs)) ?? plot.y);
  const names = namesAt(lines, plot.y, plot.y + plot.height);
  const edge = plot.x + plot.width;
  return levels.map(({ mode, tpotMs }, index) => (
    <g key={mode}>
      <path
        d={`M${edge} ${lines[index] ?? 0}L${edge + 6} ${names[index] ?? 0}`}
        stroke={levelStroke(mode).stroke}
        fill="none"
      />
      <text x={edge + 9} y={(names[index] ?? 0) + 4} fill="var(--ink-soft)" fontSize={TICK.fontSize}>
        {tpotMs > top ? `\u25b2 ${modeName(mode)}` : modeName(mode)}
      </text>
    </g>
  ));
}
