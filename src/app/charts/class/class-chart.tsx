/** The lecturer's one chart: bars of how many students gave each answer, or a dot for every shared run over its strategy. */
import { memo, useCallback, useMemo } from "react";
import { useElementSize } from "@mantine/hooks";
import {
  Bar,
  CartesianGrid,
  ComposedChart,
  ReferenceLine,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
  ZIndexLayer,
} from "recharts";
import type { ClassSummary } from "#core/run/class-messages.ts";
import { tickText } from "#lab/plot/scales.ts";
import { footAxis, leftAxis } from "../axis/run-axes.ts";
import { GRID, MARGIN, Y_AXIS_PX } from "../axis/theme.ts";
import { ChartFrame } from "../chart-frame.tsx";
import { ReadoutTooltip } from "../readout/readout-tooltip.tsx";
import type { ReadoutAt } from "../readout/readout.tsx";
import { Spoken } from "../readout/spoken.tsx";
import { classPlot, classWords, type ClassPlot, type Column, type Shown } from "./class-figures.ts";
import css from "./class-chart.module.css";

interface Props {
  readonly summary: ClassSummary;
  readonly shown: Shown;
}

export default function ClassChart({ summary, shown }: Props) {
  const plot = useMemo(() => classPlot(shown, summary), [shown, summary]);
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const { title, note, table, keys, n } = plot;
  return (
    <ChartFrame
      title={title}
      note={note}
      summary={classWords(plot)}
      columns={table.columns}
      rows={table.rows}
      testId="class-chart"
      lane={null}
      legend={keys.length > 0 && <Keys plot={plot} />}
    >
      <Spoken>
        <div ref={ref} className={css["box"]}>
          {n === 0 ? (
            <p>Nothing has come yet.</p>
          ) : (
            width > 0 && <Drawing widthPx={width} heightPx={height} plot={plot} />
          )}
        </div>
      </Spoken>
    </ChartFrame>
  );
}

/** What the letters stand for, with the figures of each. */
const Keys = ({ plot: { keys, columns } }: { readonly plot: ClassPlot }) => (
  <ol className={css["keys"]}>
    {keys.map((name, index) => (
      <li key={name}>
        {name} <b>{columns[index]?.said[0]?.[1]}</b>
      </li>
    ))}
  </ol>
);

interface DrawingProps {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly plot: ClassPlot;
}

const LETTER = { fontSize: "0.875rem" } as const;

const Drawing = memo(function Drawing({ widthPx, heightPx, plot }: DrawingProps) {
  const { columns, x, y, xTitle, unit, median } = plot;
  const readoutAt: ReadoutAt = useCallback((at) => readoutOf(columns.find((each) => each.x === at)), [columns]);
  const foot = footAxis(xTitle, x.ticks);
  const left = leftAxis(y, unit);
  const dots = columns.some((column) => column.dots.length > 0);
  return (
    <ComposedChart
      width={widthPx}
      height={heightPx}
      margin={MARGIN}
      data={[...columns]}
      aria-label="What the class gave. The arrow keys read out one place after the other."
    >
      <CartesianGrid vertical={false} stroke={GRID} />
      <XAxis
        {...foot}
        dataKey="x"
        domain={[...x.domain]}
        tick={{ ...foot.tick, ...LETTER }}
        tickFormatter={(at: number) => columns.find((each) => each.x === at)?.tick ?? tickText(at)}
      />
      <YAxis {...left} tick={{ ...left.tick, ...LETTER }} label={{ ...left.label, textAnchor: "start", dx: -24 }} />
      {median !== null && <ReferenceLine x={median} stroke="var(--ink)" strokeDasharray="4 4" />}
      <Bar
        dataKey="y"
        barSize={barPx(plot, widthPx)}
        fill={dots ? "none" : "var(--series-2)"}
        isAnimationActive={false}
      />
      {dots && <Dots columns={columns} least={y.domain[0]} />}
      <ReadoutTooltip readoutAt={readoutAt} />
    </ComposedChart>
  );
});

/** As wide as the places of neighbours leave, within reason. */
function barPx({ x: { domain }, columns }: ClassPlot, widthPx: number): number {
  const apart = Math.min(1, ...columns.slice(1).map(({ x }, index) => x - (columns[index]?.x ?? 0)));
  return Math.max(3, Math.min(72, (0.6 * apart * (widthPx - Y_AXIS_PX)) / (domain[1] - domain[0])));
}

/** Above the bars, below what follows the pointer. */
const DOTS_LAYER = 700;
const SPREAD = 0.28;

/** Side by side as they came, so that equal times are seen as many; the median is a line through them. */
function Dots({ columns, least }: { readonly columns: readonly Column[]; readonly least: number }) {
  const [x, y] = [useXAxisScale(), useYAxisScale()];
  if (x === undefined || y === undefined) return null;
  return (
    <ZIndexLayer zIndex={DOTS_LAYER}>
      {columns.map(({ x: at, y: middle, dots }) => (
        <g key={at}>
          <line x1={x(at - 0.34)} x2={x(at + 0.34)} y1={y(middle)} y2={y(middle)} stroke="var(--ink)" strokeWidth={2} />
          {dots.map((dot, nth) => (
            <circle
              key={nth}
              data-dot=""
              cx={x(at + SPREAD * beside(nth))}
              cy={y(Math.max(least, dot.y))}
              r={4.5}
              fill={dot.sure ? colourOf(dot.wrong) : "var(--raised)"}
              stroke={dot.sure ? "var(--raised)" : colourOf(dot.wrong)}
              strokeWidth={dot.sure ? 1 : 1.6}
            />
          ))}
        </g>
      ))}
    </ZIndexLayer>
  );
}

const colourOf = (wrong: boolean): string => (wrong ? "var(--wrong)" : "var(--series-2)");

/** From -1 to 1, as even as can be for any number of dots (the golden ratio's multiples). */
const beside = (nth: number): number => ((nth * 0.618_033_988_75) % 1) * 2 - 1;

function readoutOf(column: Column | undefined): ReturnType<ReadoutAt> {
  if (column === undefined) return null;
  return { title: column.name, rows: column.said.map(([name, value]) => ({ name, value })) };
}
