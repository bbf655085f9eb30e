/**
 * The series of a plot as they are drawn: the same one looks the same in every panel, and each has
 * a mark and a dash of its own beside its colour. What goes with a measured series (its model, its
 * 95th percentile) has that one's colour.
 */
import type { Plot, PlotPoint, Series } from "#lab/plot/plot.ts";
import type { Look } from "../look.ts";

export type PointPlot = Extract<Plot, { kind: "points" }>;

export interface SeriesStyle {
  readonly key: string;
  readonly name: string;
  readonly colour: string;
  readonly dash: string;
  readonly width: number;
  /** Which of the four marks its points have; null for a line alone. */
  readonly mark: number | null;
  readonly joined: boolean;
}

export interface StyledSeries extends SeriesStyle {
  readonly role: Series["role"];
  readonly points: readonly PlotPoint[];
}

const COLOURS = 8;
const BASELINE_DASHES = ["6 3", "2 3", "8 3 2 3"] as const;
export const FAINT = "var(--ink-faint)";
export const INK = "var(--ink)";
export const PAPER = "var(--paper)";

const seriesKey = ({ name, role }: Series): string => `${role} ${name}`;

/** A measured series whose points have names of their own is a cloud, not a line. */
const isCloud = ({ role, points }: Series): boolean =>
  role === "measured" && points.some(({ label }) => label !== null);

function rankOf(plot: PointPlot): (series: Series) => number {
  const named = plot.panels.flatMap(({ series }) =>
    series.filter(({ role }) => role === "measured" || role === "baseline").map(seriesKey),
  );
  const ranks = new Map([...new Set(named)].map((key, index) => [key, index]));
  return (series) => ranks.get(series.like === undefined ? seriesKey(series) : `measured ${series.like}`) ?? 0;
}

function styleOf(series: Series, rank: number): SeriesStyle {
  const { role, like, name } = series;
  const coloured = role === "measured" || role === "baseline" || like !== undefined;
  return {
    key: seriesKey(series),
    name: role === "baseline" ? `${name} (baseline)` : name,
    colour: coloured ? `var(--series-${(rank % COLOURS) + 1})` : FAINT,
    dash: dashOf(role, rank),
    width: role === "measured" ? 2 : 1.4,
    mark: role === "measured" ? rank % 4 : null,
    joined: !isCloud(series),
  };
}

function dashOf(role: Series["role"], rank: number): string {
  switch (role) {
    case "measured":
    case "frontier":
      return "";
    case "modelled":
      return "4 4";
    case "upper":
      return "9 3";
    case "limit":
      return "1 3";
    case "baseline":
      return BASELINE_DASHES[rank % BASELINE_DASHES.length] ?? "";
  }
}

/** A legend entry a series, in the order of the panels. */
export function seriesStyles(plot: PointPlot): readonly SeriesStyle[] {
  const rank = rankOf(plot);
  const all = plot.panels.flatMap(({ series }) => series.map((each) => styleOf(each, rank(each))));
  return [...new Map(all.map((style) => [style.key, style])).values()];
}

/** What a panel draws under a look: what is hidden or outside the window is gone. */
export function shownSeries(plot: PointPlot, panel: number, { hidden, window }: Look): readonly StyledSeries[] {
  const rank = rankOf(plot);
  return (plot.panels[panel]?.series ?? [])
    .filter((each) => !hidden.has(seriesKey(each)))
    .map((each) => ({ ...styleOf(each, rank(each)), role: each.role, points: inWindow(each, window) }));
}

/** A line without points of its own in the window still crosses it. */
function inWindow({ role, points }: Series, window: Look["window"]): readonly PlotPoint[] {
  if (window === null) return points;
  const [from, to] = window;
  if (role === "baseline" || role === "limit")
    return points.map((point) => ({ ...point, x: Math.min(to, Math.max(from, point.x)) }));
  return points.filter(({ x }) => x >= from && x <= to);
}
