/** The edge's last two minutes: steps that wait and steps that share a pass on the left axis, tokens a second on the right. */
import { memo, useCallback, useMemo } from "react";
import { CartesianGrid, ComposedChart, Line, XAxis, YAxis } from "recharts";
import type { EdgeStatus } from "#core/run/edge-status.ts";
import { loadPoints, loadSummary, rateText, type LoadPoint } from "../../derive/edge-load.ts";
import { footAxis, leftAxis } from "../axis/run-axes.ts";
import { GRID, HEIGHT_PX, MARGIN, Y_AXIS_PX } from "../axis/theme.ts";
import { linearAxis, type ValueAxis } from "../axis/ticks.ts";
import { ChartBox } from "../chart-box.tsx";
import { ChartFrame } from "../chart-frame.tsx";
import { Legend, useHidden, type Hidden, type Series } from "../legend.tsx";
import type { Mark } from "../readout/mark.tsx";
import { ReadoutTooltip } from "../readout/readout-tooltip.tsx";
import type { ReadoutAt } from "../readout/readout.tsx";

type Key = "waiting" | "batch" | "tokensPerSecond";

interface Drawn {
  readonly key: Key;
  readonly name: string;
  readonly meaning: string;
  readonly axis: "left" | "right";
  readonly mark: Extract<Mark, { shape: "line" }>;
}

const DRAWN: readonly Drawn[] = [
  {
    key: "waiting",
    name: "Waiting steps",
    meaning: "steps that waited for their turn at that second",
    axis: "left",
    mark: { shape: "line", stroke: "var(--part-queue)" },
  },
  {
    key: "batch",
    name: "Batch",
    meaning: "steps that shared a pass over the weights, mean of that second",
    axis: "left",
    mark: { shape: "line", stroke: "var(--part-edge)", dash: "5 3" },
  },
  {
    key: "tokensPerSecond",
    name: "Tokens a second",
    meaning: "tokens that steps were for, right axis",
    axis: "right",
    mark: { shape: "line", stroke: "var(--ink)" },
  },
];

const SERIES: readonly Series[] = DRAWN.map(({ key, name, meaning, mark }) => ({ key, name, meaning, mark }));
const COLUMNS = ["Seconds ago", "Clients", "Waiting steps", "Batch, mean", "Batch, most", "Tokens a second"];
const AGO = [120, 90, 60, 30, 0] as const;

export default function EdgeChart({ status }: { readonly status: EdgeStatus }) {
  const points = useMemo(() => loadPoints(status.recent), [status.recent]);
  const [hidden, toggle] = useHidden();
  return (
    <ChartFrame
      title="The last two minutes"
      testId="edge-chart"
      lane={null}
      columns={COLUMNS}
      rows={() => points.toReversed().map(rowOf)}
      summary={loadSummary(status)}
      note="Counted at the edge server, once a second. Waiting is what waited at that moment; a batch is a mean over the steps of that second, and has none where nothing was computed."
      legend={<Legend series={SERIES} hidden={hidden} onToggle={toggle} />}
    >
      <ChartBox
        nothing={points.length < 2 ? "The server has just started: its first seconds are being counted." : null}
      >
        {(widthPx) => <LoadLines widthPx={widthPx} points={points} hidden={hidden} />}
      </ChartBox>
    </ChartFrame>
  );
}

const rowOf = ({ ago, clients, waiting, batch, batchMost, tokensPerSecond }: LoadPoint): readonly string[] => [
  String(ago),
  String(clients),
  String(waiting),
  batch === null ? "\u2013" : rateText(batch),
  batchMost === null ? "\u2013" : String(batchMost),
  rateText(tokensPerSecond),
];

interface LinesProps {
  readonly widthPx: number;
  readonly points: readonly LoadPoint[];
  readonly hidden: Hidden;
}

const LoadLines = memo(function LoadLines({ widthPx, points, hidden }: LinesProps) {
  const readoutAt: ReadoutAt = useCallback((ago) => readoutOf(points.find((each) => each.ago === ago)), [points]);
  const left = axisOf(points, "left", hidden);
  const right = axisOf(points, "right", hidden);
  return (
    <ComposedChart
      width={widthPx}
      height={HEIGHT_PX}
      margin={MARGIN}
      data={[...points]}
      aria-label="The edge server's last two minutes. The arrow keys read out one second after the other."
    >
      <CartesianGrid vertical={false} stroke={GRID} yAxisId="left" />
      <XAxis {...footAxis("Seconds ago", AGO)} dataKey="ago" domain={[AGO[0], 0]} reversed />
      <YAxis {...leftAxis(left, "steps")} yAxisId="left" />
      <YAxis {...leftAxis(right, "tok/s")} yAxisId="right" orientation="right" width={Y_AXIS_PX} />
      {DRAWN.map(({ key, axis, mark }) => (
        <Line
          key={key}
          dataKey={key}
          yAxisId={axis}
          hide={hidden.has(key)}
          type="linear"
          stroke={mark.stroke}
          strokeDasharray={mark.dash ?? ""}
          strokeWidth={2}
          dot={false}
          activeDot={{ r: 4, stroke: "var(--paper)", fill: mark.stroke }}
          isAnimationActive={false}
        />
      ))}
      <ReadoutTooltip readoutAt={readoutAt} />
    </ComposedChart>
  );
});

function axisOf(points: readonly LoadPoint[], side: Drawn["axis"], hidden: Hidden): ValueAxis {
  const shown = DRAWN.filter(({ key, axis }) => axis === side && !hidden.has(key));
  const most = Math.max(1, ...points.flatMap((point) => shown.map(({ key }) => point[key] ?? 0)));
  return linearAxis(most);
}

function readoutOf(point: LoadPoint | undefined): ReturnType<ReadoutAt> {
  if (point === undefined) return null;
  return {
    title: point.ago === 0 ? "Now" : `${point.ago} s ago`,
    rows: DRAWN.map(({ key, name, mark }) => {
      const value = point[key];
      return { name, value: value === null ? "\u2013" : rateText(value), mark };
    }),
    notes: [`${point.clients === 1 ? "1 client" : `${point.clients} clients`}`],
  };
}
