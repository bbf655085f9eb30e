/** Every token's interval by part, stacked; the first one is prefill and may leave the scale. */
import { TOKEN_PARTS } from "#core/run/record.ts";
import { spreadOf, totalsOfLane } from "../../derive/figures.ts";
import { laneSummary } from "../../derive/lane-text.ts";
import { PART_NAMES, startOf } from "../../derive/timeline.ts";
import { duration } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { tokenDrawing } from "./bar-drawing.ts";
import { Drawn } from "./drawn.tsx";
import { ChartFrame } from "../../charts/chart-frame.tsx";

export function TokenChart({ lane }: { readonly lane: Lane }) {
  const { tokens } = lane;
  const used = TOKEN_PARTS.filter((part) => tokens.some((token) => token[part] > 0));
  const steps = tokens.slice(1);
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
      note={`Decode steps, n = ${steps.length}${tpotMs === null ? "" : `, median ${duration(tpotMs)} (line)`}${spread === null ? "" : `, middle half ${duration(spread[0])} to ${duration(spread[1])}`}. The first token took ${ttftMs === null ? "\u2013" : duration(ttftMs)} and is in the table.`}
    >
      <Drawn
        nothing={steps.length === 0 ? "Nothing to draw yet: bars begin with the second token." : null}
        draw={(width) => tokenDrawing(width, steps, used, tpotMs)}
      />
    </ChartFrame>
  );
}
