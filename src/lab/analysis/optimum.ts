/**
 * The best point of each panel, marked: of lines the lowest or highest that was measured, of a
 * frontier the fewest bytes within its limit. A mark says what a glance would miss: that the
 * neighbours are ties within the interval, or that an uncut baseline is better than all of them.
 */
import type { Optimum } from "../experiment/experiment.ts";
import type { Plot, PlotMark, PlotPoint, Series } from "../plot/plot.ts";

type Panels = Extract<Plot, { kind: "points" }>["panels"];

const pointsOf = (series: readonly Series[], role: Series["role"]): readonly PlotPoint[] =>
  series.flatMap((each) => (each.role === role ? each.points : []));

/** `shown` writes a value with its unit. */
export function bestOfLines(panels: Panels, optimum: Optimum, shown: (value: number) => string): readonly PlotMark[] {
  const better = (a: number, b: number): boolean => (optimum === "least" ? a < b : a > b);
  return panels.flatMap(({ series }, panel) => {
    const points = pointsOf(series, "measured");
    const [first] = points;
    if (first === undefined || new Set(points.map(({ x }) => x)).size < 2) return [];
    const best = points.reduce((found, point) => (better(point.y, found.y) ? point : found), first);
    const ties = points.filter((point) => point !== best && touches(point, best));
    const beaten = series
      .filter(({ role, points: [own] }) => role === "baseline" && own !== undefined && better(own.y, best.y))
      .map(({ name }) => name);
    const said = [
      `${optimum} measured: ${shown(best.y)}`,
      ...(ties.length > 0 ? [`${ties.length} within its interval`] : []),
      ...(beaten.length > 0 ? [`${beaten.join(", ")} ${optimum === "least" ? "lower" : "higher"}`] : []),
    ];
    return [{ panel, x: best.x, y: best.y, text: said.join("; ") }];
  });
}

const touches = (a: PlotPoint, b: PlotPoint): boolean =>
  a.interval !== null && b.interval !== null && a.interval.low <= b.interval.high && b.interval.low <= a.interval.high;

export function bestWithin(panels: Panels, limit: number): readonly PlotMark[] {
  return panels.flatMap(({ series }, panel) => {
    const within = pointsOf(series, "measured").filter(({ y }) => y <= limit);
    const [first] = within;
    if (first === undefined) return [];
    const best = within.reduce(
      (found, point) => (point.x < found.x || (point.x === found.x && point.y < found.y) ? point : found),
      first,
    );
    return [{ panel, x: best.x, y: best.y, text: `${best.label ?? ""}: fewest bytes within the limit` }];
  });
}
