/** TPOT over the cut: a dot for each cut that was run, the modelled line between, uncut runs as baselines. */
import { baselines, cutDots } from "../../derive/forecast.ts";
import { modeName } from "../../derive/lane-text.ts";
import { stopsOf } from "../../derive/strip.ts";
import { duration } from "../../format/units.ts";
import { useFacts } from "../../lab.ts";
import { useOutlook } from "../forecast.ts";
import { useChoice, useFocus, useModel } from "../model.ts";
import { cutDrawing } from "./cut-drawing.ts";
import { Drawn } from "./drawn.tsx";
import { ChartFrame } from "../../charts/chart-frame.tsx";

export function CutChart() {
  const settings = useFacts("settings", (facts) => facts);
  const { blocks } = useModel();
  const lane = useFocus();
  const { records, points } = useOutlook();
  const dots = cutDots(records, settings.mode);
  const uncut = baselines(records);
  const stop = stopsOf(blocks, useChoice()).now;
  const rows = Array.from({ length: blocks + 1 }, (_, cut) => {
    const dot = dots.find((each) => each.cut === cut);
    const modelled = points?.find((point) => point.cut === cut)?.tpotMs;
    if (dot === undefined && modelled === undefined) return [];
    return [
      [
        String(cut),
        dot === undefined ? "" : duration(dot.tpotMs),
        dot === undefined ? "" : String(dot.runs),
        modelled === undefined ? "" : duration(modelled),
      ],
    ];
  }).flat();
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
      <Drawn
        nothing={
          dots.length + uncut.length === 0 && points === null
            ? "No run yet with this model, codec and link: run a split, edge-only or device-only."
            : null
        }
        draw={(width) =>
          cutDrawing(width, {
            blocks,
            dots,
            points: points ?? [],
            uncut,
            chosen: stop >= 0 && stop <= blocks ? stop : null,
          })
        }
      />
    </ChartFrame>
  );
}
