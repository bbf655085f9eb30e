/** A panel's points by their place along x: what a chart of lines reads, and what a tooltip tells. */
import type { PlotPoint } from "#lab/plot/plot.ts";
import type { StyledSeries } from "../series/series.ts";

export interface PointRow {
  readonly x: number;
  /** By series. */
  readonly points: ReadonlyMap<string, PlotPoint>;
}

/** Of baselines and limits, which are the same all along, every place has a point. */
export function pointRows(series: readonly StyledSeries[]): readonly PointRow[] {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  return xs.map((x) => ({
    x,
    points: new Map(
      series.flatMap(({ key, role, points }) => {
        const level = role === "baseline" || role === "limit" ? levelAt(points, x) : undefined;
        const point = points.find((each) => each.x === x) ?? level;
        return point === undefined ? [] : [[key, point] as const];
      }),
    ),
  }));
}

/** Only what is drawn from end to end at one height is a level; a baseline may have points of its own. */
function levelAt(points: readonly PlotPoint[], x: number): PlotPoint | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length > 2 || first.y !== last.y) return undefined;
  return x >= first.x && x <= last.x ? { ...first, x } : undefined;
}
