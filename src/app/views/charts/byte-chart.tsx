/** Bytes per token each way, beside what the same token costs as raw text; logarithmic, since they differ by orders. */
import { textBytes } from "../../derive/figures.ts";
import { size } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { byteDrawing, type TokenBytes } from "./bar-drawing.ts";
import { Drawn } from "./drawn.tsx";
import { ChartFrame } from "../../charts/chart-frame.tsx";

export function ByteChart({ lane }: { readonly lane: Lane }) {
  const data: readonly TokenBytes[] = lane.tokens.map((token) => ({
    number: token.index + 1,
    up: token.upBytes,
    down: token.downBytes,
    text: textBytes(token.text),
  }));
  const sum = (pick: (row: TokenBytes) => number): number => data.reduce((total, row) => total + pick(row), 0);
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
      <Drawn nothing={null} draw={(width) => byteDrawing(width, data)} />
    </ChartFrame>
  );
}
