/** TPOT over the cut: a dot for each cut that was run, the modelled line between, uncut runs as baselines. */
import { useCallback, useMemo, useState } from "react";
import { baselines, cutDots } from "../../../derive/forecast.ts";
import { modeName } from "../../../derive/lane-text.ts";
import { stopsOf } from "../../../derive/strip.ts";
import { duration } from "../../../format/units.ts";
import { useFacts } from "../../../lab.ts";
import { useForecast } from "../../../views/forecast.ts";
import { useChoice, useFocus, useModel } from "../../../views/model.ts";
import { ChartBox } from "../../chart-box.tsx";
import { ChartFrame, Switch } from "../../chart-frame.tsx";
import { Legend, useHidden, type Hidden } from "../../legend.tsx";
import { linearAxis, logAxis, spansDecades, type ValueAxis } from "../../axis/ticks.ts";
import { ClipSwitch } from "../clip-switch.tsx";
import { cutReach, cutReadout, cutSeries, cutValues, type CutFigures } from "./cut-figures.ts";
import { CutPlot } from "./cut-plot.tsx";

export function CutChart() {
  const lane = useFocus();
  const figures = useCutFigures();
  const [hidden, toggle] = useHidden();
  const [logWanted, setLog] = useState(false);
  const [open, setOpen] = useState(false);
  const readoutAt = useCallback((cut: number) => cutReadout(figures, cut, hidden), [figures, hidden]);
  const values = useMemo(() => cutValues(figures, hidden), [figures, hidden]);
  const log = logWanted && spansDecades(values);
  const reach = cutReach(figures, hidden);
  const axis = useMemo(() => axisOf(figures, hidden, log, open), [figures, hidden, log, open]);
  const nothing = figures.dots.length + figures.uncut.length + figures.points.length === 0;
  return (
    <ChartFrame
      title="Time per token over the cut"
      testId="cut-chart"
      lane={lane}
      columns={["Cut", "Measured", "n runs", "Modelled"]}
      rows={() => tableRows(figures)}
      summary={summaryOf(figures)}
      note={noteOf(figures)}
      controls={
        <>
          <ClipSwitch
            over={log ? 0 : reach.over}
            highest={duration(Math.max(0, ...values))}
            open={open}
            onChange={setOpen}
          />
          {spansDecades(values) && (
            <Switch on={log} onChange={() => setLog(!logWanted)}>
              Logarithmic
            </Switch>
          )}
        </>
      }
      legend={<Legend series={cutSeries(figures)} hidden={hidden} onToggle={toggle} />}
    >
      <ChartBox
        nothing={nothing ? "No run yet with this model, codec and link: run a split, edge-only or device-only." : null}
      >
        {(widthPx) => <CutPlot widthPx={widthPx} figures={figures} hidden={hidden} axis={axis} readoutAt={readoutAt} />}
      </ChartBox>
    </ChartFrame>
  );
}

/** They change with a finished run or another cut, not with every token: nothing is drawn anew until then. */
function useCutFigures(): CutFigures {
  const mode = useFacts("settings", (facts) => facts.mode);
  const { blocks: known } = useModel();
  const blocks = known ?? 0;
  const { records, points } = useForecast();
  const stop = stopsOf(blocks, useChoice(blocks)).now;
  return useMemo(
    () => ({
      blocks,
      dots: cutDots(records, mode),
      points: points ?? [],
      uncut: baselines(records),
      chosen: stop >= 0 && stop <= blocks ? stop : null,
    }),
    [blocks, records, mode, points, stop],
  );
}

function axisOf(figures: CutFigures, hidden: Hidden, log: boolean, open: boolean): ValueAxis {
  const values = cutValues(figures, hidden);
  if (log) return logAxis(values);
  return linearAxis(open ? Math.max(0, ...values) : cutReach(figures, hidden).most);
}

const baseText = ({ uncut }: CutFigures): string =>
  uncut.map(({ mode, tpotMs }) => `${modeName(mode)} ${duration(tpotMs)}`).join(", ");

function summaryOf(figures: CutFigures): string {
  const measured = figures.dots.map(({ cut, tpotMs }) => `${duration(tpotMs)} at cut ${cut}`).join(", ");
  const base = baseText(figures);
  return `Time per token over the cut. Measured: ${measured || "nothing yet"}. ${base === "" ? "" : `Uncut: ${base}.`}`;
}

function noteOf(figures: CutFigures): string {
  const base = baseText(figures);
  const basis = figures.points.length === 0 ? " once a split has run" : " from the per-block times of the runs so far";
  return `Dots: mean time per token (median of n runs), bars the middle half of the steps. Line: modelled${basis}. ${base === "" ? "Run edge-only or device-only for a baseline." : `Baselines: ${base}.`}`;
}

function tableRows({ blocks, dots, points, uncut }: CutFigures): readonly (readonly string[])[] {
  const cuts = Array.from({ length: blocks + 1 }, (_, cut) => {
    const dot = dots.find((each) => each.cut === cut);
    const modelled = points.find((point) => point.cut === cut)?.tpotMs;
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
  return [...cuts, ...uncut.map(({ mode, tpotMs, n }) => [modeName(mode), duration(tpotMs), String(n), ""])];
}
