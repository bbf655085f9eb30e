/**
 * The two axes of a plot of points under a look, the same in all its panels. On a linear axis few
 * values that lie far above all others do not flatten the rest: the axis ends below them, and who
 * draws it marks them at its top.
 */
import { linearScale, logScale } from "#lab/plot/scales.ts";
import type { PlotPoint } from "#lab/plot/plot.ts";
import { reachOf } from "../../axis/clip.ts";
import type { ValueAxis } from "../../axis/ticks.ts";
import type { Look } from "../look.ts";
import { shownSeries, type PointPlot, type StyledSeries } from "../series/series.ts";

const UNIT: readonly [number, number] = [0, 1];
/** Of fewer points than these a series' own shape cannot be told from an outlier. */
const ENOUGH_POINTS = 8;
/** Below it a logarithmic axis shows nothing that a linear one does not. */
const LOG_FROM_RATIO = 8;

const allSeries = (plot: PointPlot, look: Look): readonly StyledSeries[] =>
  plot.panels.flatMap((_, panel) => shownSeries(plot, panel, look));

const valuesOf = ({ y, interval, prompts }: PlotPoint): readonly number[] => [
  y,
  ...(interval === null ? [] : [interval.low, interval.high]),
  ...prompts,
];

export function xRange(plot: PointPlot, look: Look): ValueAxis {
  const xs = allSeries(plot, look).flatMap(({ points }) => points.map(({ x }) => x));
  const [least, most] = look.window ?? [Math.min(...xs), Math.max(...xs)];
  if (!Number.isFinite(least) || !Number.isFinite(most)) return { scale: "linear", domain: UNIT, ticks: [] };
  if (plot.logX) return { scale: "log", domain: spread(least, most), ticks: logScale(least, most, UNIT, 2).ticks };
  return { scale: "linear", domain: spread(least, most), ticks: linearScale(least, most, UNIT).ticks };
}

/** One place still has an axis around it. */
const spread = (least: number, most: number): readonly [number, number] =>
  most > least ? [least, most] : [least * 0.9, least * 1.1 || 1];

export function yRange(plot: PointPlot, look: Look): ValueAxis {
  const series = allSeries(plot, look);
  return look.log ? logRange(plot, series) : linearRange(series, look.whole);
}

function logRange({ floorY }: PointPlot, series: readonly StyledSeries[]): ValueAxis {
  const values = series.flatMap(({ points }) => points.flatMap(valuesOf)).filter((value) => value > 0);
  const least = floorY ?? Math.min(...values);
  const most = Math.max(...values);
  if (!(most > least)) {
    const only = Number.isFinite(least) ? least : 1;
    return { scale: "log", domain: [only / 2, only * 2], ticks: [only] };
  }
  const decades = logScale(least, most, UNIT, 10).ticks;
  const low = floorY ?? under(least);
  return { scale: "log", domain: [low, most * 1.08], ticks: decades.length > 2 ? decades : fineTicks(low, most) };
}

/** 1, 2 and 5 times the powers of ten. */
const fineTicks = (least: number, most: number): readonly number[] =>
  powersOver(least, most)
    .flatMap((power) => [1, 2, 5].map((times) => Number((times * power).toPrecision(12))))
    .filter((tick) => tick >= least * 0.999 && tick <= most * 1.08);

const under = (value: number): number => fineTicks(value / 10, value).at(-1) ?? value;

function powersOver(least: number, most: number): readonly number[] {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

function linearRange(series: readonly StyledSeries[], whole: boolean): ValueAxis {
  const values = series.flatMap(({ points }) => points.flatMap(valuesOf));
  const top = (whole ? null : farFrom(series)) ?? Math.max(0, ...values);
  const least = Math.min(0, ...values);
  const { ticks } = linearScale(least, top, UNIT);
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  const last = ticks.at(-1) ?? top;
  // The top tick closes the axis where that costs little.
  const most = top > last + step * 0.35 ? last + step : Math.max(top, last) + step * 0.08;
  return {
    scale: "linear",
    domain: [least, most],
    ticks: most >= last + step ? [...ticks, Number((last + step).toPrecision(12))] : ticks,
  };
}

/** Where the axis ends if something lies far above the rest; null where nothing does. */
function farFrom(series: readonly StyledSeries[]): number | null {
  const points = series.flatMap((each) =>
    each.points.map((point) => ({ point, sure: point.interval !== null || each.points.length < ENOUGH_POINTS })),
  );
  const keep = Math.max(0, ...points.flatMap(({ point, sure }) => (sure ? [point.y] : [])));
  const { most, over } = reachOf(
    points.flatMap(({ point }) => valuesOf(point)),
    keep,
  );
  return over > 0 ? most : null;
}

/** The values of a point that lie beyond the axis. */
export const beyond = (point: PlotPoint, [, top]: ValueAxis["domain"]): readonly number[] =>
  valuesOf(point).filter((value) => value > top * (1 + 1e-9));

/** Every shown value that is above the axis, over all panels. */
export function clippedValues(plot: PointPlot, look: Look): readonly number[] {
  const { domain } = yRange(plot, look);
  return allSeries(plot, look).flatMap(({ points }) => points.flatMap((point) => beyond(point, domain)));
}

/** Something would be clipped if the axis were left to the rest. */
export const hasFar = (plot: PointPlot, look: Look): boolean => !look.log && farFrom(allSeries(plot, look)) !== null;

/** A logarithmic axis says more: all values are above nothing, and they differ by a lot. */
export function mayBeLog(plot: PointPlot): boolean {
  if (plot.floorY !== null) return true;
  const ys = plot.panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ y }) => y)));
  return ys.length > 0 && Math.min(...ys) > 0 && Math.max(...ys) > LOG_FROM_RATIO * Math.min(...ys);
}

/** Every tick whose words have room beside the one before. */
export function thinned(ticks: readonly number[], apart: number): readonly number[] {
  const every = Math.max(1, Math.ceil(1 / Math.max(apart, 1e-6)));
  return ticks.filter((_, index) => index % every === 0);
}
