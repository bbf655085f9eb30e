/** How a plot is looked at as long as nobody has touched it, in a report and on the page. */
import type { Plot } from "#lab/plot/plot.ts";
import type { Look } from "./look.ts";
import { mayBeLog } from "./frame/ranges.ts";
import type { PointPlot } from "./series/series.ts";

/** A panel whose values all stay below this share of the highest of all panels is a line along the foot. */
const FLAT = 0.1;

export const firstLook = (plot: Plot): Look => ({
  hidden: new Set(),
  log: plot.kind === "points" && (plot.floorY !== null || flattens(plot)),
  whole: false,
  window: null,
});

/** Panels share their axis: on a linear one, one panel may flatten another. */
function flattens(plot: PointPlot): boolean {
  const highest = plot.panels.map(({ series }) =>
    Math.max(0, ...series.flatMap(({ points }) => points.map(({ y }) => y))),
  );
  return mayBeLog(plot) && Math.min(...highest) < FLAT * Math.max(...highest);
}
