/** The frame that a plot has under a look: its labels at the left decide where panels begin. */
import type { Plot } from "#lab/plot/plot.ts";
import { tickText } from "#lab/plot/scales.ts";
import { barLabel, barsHeight } from "./bar-rows.ts";
import type { Look } from "../look.ts";
import { panelFrame, type PanelFrame } from "./panel-frame.ts";
import { yRange } from "./ranges.ts";

const LETTER = 12;

export function frameOf(plot: Plot, look: Look, width: number, scale: number): PanelFrame {
  switch (plot.kind) {
    case "points":
      return panelFrame(plot, { width, scale, labels: yRange(plot, look).ticks.map(tickText) });
    case "map":
      return panelFrame(plot, { width, scale, labels: plot.yTicks.map(({ text }) => text) });
    case "bars":
      return panelFrame(plot, {
        width,
        scale,
        labels: plot.panels.flatMap(({ bars }) => bars.flatMap(({ label }) => barLabel(label))),
        plotHeight: barsHeight(plot, LETTER * scale),
      });
  }
}
