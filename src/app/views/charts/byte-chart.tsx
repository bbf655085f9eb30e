/** Bytes per token each way, beside what the same token costs as raw text; logarithmic, since they differ by orders. */
import { Bar, BarChart, ResponsiveContainer, XAxis, YAxis } from "recharts";
import { textBytes } from "../../derive/figures.ts";
import { size } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { ChartFrame, LABEL, TICK } from "./frame.tsx";

export function ByteChart({ lane }: { readonly lane: Lane }) {
  const data = lane.tokens.map((token) => ({ number: token.index + 1, up: token.upBytes, down: token.downBytes, text: textBytes(token.text) }));
  const sum = (pick: (row: (typeof data)[number]) => number): number => data.reduce((total, row) => total + pick(row), 0);
  const up = sum((row) => row.up);
  const down = sum((row) => row.down);
  if (up + down === 0) return null;
  const text = sum((row) => row.text);
  const totals = `${size(up)} up and ${size(down)} down in all; the answer as plain text is ${size(text)}.`;
  return (
    <ChartFrame
      title="Bytes of each token"
      testId="byte-chart"
      lane={lane}
      columns={["Token", "Up", "Down", "As text"]}
      rows={data.map((row) => [String(row.number), size(row.up), size(row.down), size(row.text)])}
      summary={`Bytes of each token: ${totals}`}
      note={`From left to right: up, down (both hatched), the same token as plain text (solid). Whole WebSocket messages, headers included, n = ${data.length}. ${totals} The scale is logarithmic.`}
    >
      <ResponsiveContainer width="100%" height={230}>
        <BarChart data={data} margin={{ top: 8, right: 8, bottom: 18, left: 4 }} barCategoryGap="15%" barGap={0}>
          <XAxis dataKey="number" tick={TICK} minTickGap={18} stroke="var(--rule-strong)" label={{ value: "Token", position: "insideBottom", offset: -12, style: LABEL }} />
          <YAxis scale="log" domain={[1, "auto"]} allowDataOverflow tick={TICK} width={60} stroke="var(--rule-strong)" label={{ value: "bytes", angle: -90, position: "insideLeft", style: LABEL }} />
          <Bar dataKey="up" fill="url(#pattern-uplinkMs)" isAnimationActive={false} />
          <Bar dataKey="down" fill="url(#pattern-downlinkMs)" isAnimationActive={false} />
          <Bar dataKey="text" fill="var(--ink)" isAnimationActive={false} />
        </BarChart>
      </ResponsiveContainer>
    </ChartFrame>
  );
}
