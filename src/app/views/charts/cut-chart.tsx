/** TPOT over the cut: a dot for each cut that was run, the modelled line between, uncut runs as baselines. */
import { ComposedChart, ErrorBar, Line, ReferenceLine, ResponsiveContainer, Scatter, XAxis, YAxis } from "recharts";
import { baselines, cutDots } from "../../derive/forecast.ts";
import { modeName } from "../../derive/lane-text.ts";
import { duration } from "../../format/units.ts";
import { useFacts } from "../../lab.ts";
import { choiceOf } from "../../stores/settings.ts";
import { useOutlook } from "../forecast.ts";
import { useFocus, useModel } from "../model.ts";
import { ChartFrame, LABEL, TICK } from "./frame.tsx";

export function CutChart() {
  const settings = useFacts("settings", (facts) => facts);
  const { blocks } = useModel();
  const lane = useFocus();
  const { records, points } = useOutlook();
  const dots = cutDots(records, settings.mode);
  const uncut = baselines(records);
  const data = Array.from({ length: blocks + 1 }, (_, cut) => {
    const dot = dots.find((each) => each.cut === cut);
    return {
      cut,
      modelled: points?.find((point) => point.cut === cut)?.tpotMs,
      measured: dot?.tpotMs,
      spread: dot === undefined ? undefined : [Math.max(0, dot.tpotMs - dot.steps.q1), Math.max(0, dot.steps.q3 - dot.tpotMs)],
      n: dot?.runs,
    };
  });
  const rows = data
    .filter((row) => row.measured !== undefined || row.modelled !== undefined)
    .map((row) => [String(row.cut), row.measured === undefined ? "" : duration(row.measured), row.n === undefined ? "" : String(row.n), row.modelled === undefined ? "" : duration(row.modelled)]);
  const base = uncut.map(({ mode, tpotMs }) => `${modeName(mode)} ${duration(tpotMs)}`).join(", ");
  const measured = dots.map(({ cut, tpotMs }) => `${duration(tpotMs)} at cut ${cut}`).join(", ");
  return (
    <ChartFrame
      title="Time per token over the cut"
      testId="cut-chart"
      lane={lane}
      columns={["Cut", "Measured", "n runs", "Modelled"]}
      rows={[...rows, ...uncut.map(({ mode, tpotMs, n }) => [modeName(mode), duration(tpotMs), String(n), ""])]}
      summary={`Time per token over the cut. Measured: ${measured || "nothing yet"}. ${base === "" ? "" : `Uncut: ${base}.`}`}
      note={`Dots: mean time per token (median of n runs), bars the middle half of the steps. Line: modelled${points === null ? " once a split has run" : " from the per-block times of the runs so far"}. ${base === "" ? "Run edge-only or device-only for a baseline." : `Baselines: ${base}.`}`}
    >
      <ResponsiveContainer width="100%" height={230}>
        <ComposedChart data={data} margin={{ top: 8, right: 12, bottom: 18, left: 4 }}>
          <XAxis dataKey="cut" type="number" domain={[0, blocks]} ticks={data.map((row) => row.cut)} tick={TICK} interval="preserveStartEnd" stroke="var(--rule-strong)" label={{ value: "Cut: blocks in this tab", position: "insideBottom", offset: -12, style: LABEL }} />
          <YAxis tick={TICK} width={52} domain={[0, "auto"]} stroke="var(--rule-strong)" label={{ value: "ms a token", angle: -90, position: "insideLeft", style: LABEL }} />
          {uncut.map(({ mode, tpotMs }) => (
            <ReferenceLine key={mode} y={tpotMs} stroke={mode === "edge-only" ? "var(--part-edge)" : "var(--part-device)"} strokeDasharray={mode === "baseline" ? "2 3" : "6 3"} label={{ value: modeName(mode), position: "insideTopRight", style: LABEL }} ifOverflow="extendDomain" />
          ))}
          <ReferenceLine x={choiceOf(settings, blocks).cut} stroke="var(--ink)" strokeDasharray="1 3" />
          <Line dataKey="modelled" stroke="var(--ink-faint)" strokeDasharray="4 4" dot={false} isAnimationActive={false} connectNulls />
          <Scatter dataKey="measured" fill="var(--ink)" isAnimationActive={false}>
            <ErrorBar dataKey="spread" width={4} stroke="var(--ink)" direction="y" />
          </Scatter>
        </ComposedChart>
      </ResponsiveContainer>
    </ChartFrame>
  );
}
