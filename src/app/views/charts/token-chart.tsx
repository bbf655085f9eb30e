/** Every token's interval by part, stacked; the first one is prefill and may leave the scale. */
import { Bar, BarChart, ReferenceLine, ResponsiveContainer, XAxis, YAxis } from "recharts";
import { TOKEN_PARTS, type TokenPart } from "#core/run/record.ts";
import { spreadOf, totalsOfLane } from "../../derive/figures.ts";
import { laneSummary } from "../../derive/lane-text.ts";
import { PART_NAMES, startOf } from "../../derive/timeline.ts";
import { duration } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { ChartFrame, LABEL, TICK } from "./frame.tsx";

const fillOf = (part: TokenPart): string => `url(#pattern-${part})`;

export function TokenChart({ lane }: { readonly lane: Lane }) {
  const { tokens } = lane;
  const used = TOKEN_PARTS.filter((part) => tokens.some((token) => token[part] > 0));
  const data = tokens.slice(1).map((token) => ({ ...token, number: token.index + 1 }));
  const { tpotMs, ttftMs } = totalsOfLane(lane);
  const spread = spreadOf(tokens);
  const rows = tokens.map((token, i) => [
    String(token.index + 1),
    token.text.trim(),
    duration(token.atMs - startOf(tokens, i)),
    ...used.map((part) => duration(token[part])),
    String(token.positions),
  ]);
  return (
    <ChartFrame
      title="Each token, by part"
      testId="token-chart"
      lane={lane}
      columns={["Token", "Text", "Interval", ...used.map((part) => PART_NAMES[part]), "Positions"]}
      rows={rows}
      summary={laneSummary(lane)}
      note={`Decode steps, n = ${data.length}${tpotMs === null ? "" : `, median ${duration(tpotMs)} (line)`}${spread === null ? "" : `, middle half ${duration(spread[0])} to ${duration(spread[1])}`}. The first token took ${ttftMs === null ? "\u2013" : duration(ttftMs)} and is in the table.`}
    >
      <ResponsiveContainer width="100%" height={230}>
        <BarChart data={data} margin={{ top: 8, right: 8, bottom: 18, left: 4 }} barCategoryGap="12%">
          <XAxis dataKey="number" tick={TICK} minTickGap={18} stroke="var(--rule-strong)" label={{ value: "Token", position: "insideBottom", offset: -12, style: LABEL }} />
          <YAxis tick={TICK} width={52} stroke="var(--rule-strong)" label={{ value: "ms", angle: -90, position: "insideLeft", style: LABEL }} />
          {used.map((part) => (
            <Bar key={part} dataKey={part} stackId="interval" fill={fillOf(part)} isAnimationActive={false} />
          ))}
          {tpotMs !== null && <ReferenceLine y={tpotMs} stroke="var(--ink)" strokeDasharray="4 3" />}
        </BarChart>
      </ResponsiveContainer>
    </ChartFrame>
  );
}
