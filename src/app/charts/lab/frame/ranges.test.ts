import { describe, expect, it } from "vitest";
import type { PlotPoint, Series } from "#lab/plot/plot.ts";
import { toggled } from "../../legend.tsx";
import { firstLook } from "../first-look.ts";
import { pointRows } from "../panels/point-rows.ts";
import { exact, valueText } from "../words/point-text.ts";
import { clippedValues, hasFar, mayBeLog, thinned, xRange, yRange } from "./ranges.ts";
import { seriesStyles, shownSeries, type PointPlot } from "../series/series.ts";

const point = (x: number, y: number, more: Partial<PlotPoint> = {}): PlotPoint => ({
  x,
  y,
  interval: null,
  prompts: [],
  runs: 1,
  label: null,
  ...more,
});

const plotOf = (...series: readonly Series[]): PointPlot => ({
  kind: "points",
  title: "t",
  xTitle: "x",
  yTitle: "y",
  columns: [],
  rows: [],
  note: "",
  logX: false,
  floorY: null,
  panels: [{ title: "", series }],
});

const run = (name: string, ys: readonly number[]): Series => ({
  name,
  role: "measured",
  points: ys.map((y, x) => point(x, y)),
});

const steady = [10, 11, 10, 12, 11, 10, 11, 12, 10, 11];

describe("a far value", () => {
  const stalled = plotOf(run("split", [...steady, 900]));
  const look = firstLook(stalled);
  it("does not flatten the rest, is counted, and is let in when asked for", () => {
    expect(yRange(stalled, look).domain[1]).toBeLessThan(20);
    expect(clippedValues(stalled, look)).toEqual([900]);
    expect(hasFar(stalled, look)).toBe(true);
    const opened = { ...look, whole: true };
    expect(yRange(stalled, opened).domain[1]).toBeGreaterThanOrEqual(900);
    expect(clippedValues(stalled, opened)).toEqual([]);
    expect(hasFar(stalled, opened)).toBe(true); // it can be closed again
  });
  it("of one prompt leaves the axis to the medians", () => {
    const points = steady.map((y, x) =>
      point(x, y, { interval: { low: y - 1, high: y + 1 }, prompts: [y, y, x === 3 ? 400 : y] }),
    );
    const plot = plotOf({ name: "split", role: "measured", points });
    expect(clippedValues(plot, firstLook(plot))).toEqual([400]);
  });
  it("is no median over runs, however steep", () => {
    const points = [5, 5, 6, 7, 9, 300].map((y, x) => point(x, y, { interval: { low: y, high: y } }));
    const plot = plotOf({ name: "split", role: "measured", points });
    expect(clippedValues(plot, firstLook(plot))).toEqual([]);
  });
  it("is no end of a curve of few points", () => {
    expect(clippedValues(plotOf(run("a", [1, 2, 4, 8, 60])), look)).toEqual([]);
  });
});

describe("axes", () => {
  it("begin at nothing, and end at a round number where that costs little", () => {
    expect(yRange(plotOf(run("a", [3, 9.5])), firstLook(plotOf())).domain).toEqual([0, 10]);
    expect(yRange(plotOf(run("a", [-4, 9.5])), firstLook(plotOf())).domain[0]).toBe(-4);
  });
  it("are logarithmic with ticks of their own where values differ by a lot", () => {
    const plot = plotOf(run("a", [0.4, 3, 60]));
    expect(mayBeLog(plot)).toBe(true);
    expect(mayBeLog(plotOf(run("a", [2, 3])))).toBe(false);
    expect(mayBeLog(plotOf(run("a", [0, 300])))).toBe(false);
    const { scale, domain, ticks } = yRange(plot, { ...firstLook(plot), log: true });
    expect(scale).toBe("log");
    expect(domain[0]).toBeLessThanOrEqual(0.4);
    expect(domain[1]).toBeGreaterThan(60);
    expect(ticks.length).toBeGreaterThan(2);
    for (const tick of ticks) expect(tick >= domain[0] && tick <= domain[1], String(tick)).toBe(true);
  });
  it("have finite ends with one point, and with none", () => {
    for (const plot of [plotOf(run("a", [7])), plotOf(run("a", [0])), plotOf()])
      for (const log of [false, true])
        for (const { domain } of [xRange(plot, firstLook(plot)), yRange(plot, { ...firstLook(plot), log })]) {
          expect(Number.isFinite(domain[0]) && Number.isFinite(domain[1]), JSON.stringify(domain)).toBe(true);
          expect(domain[1]).toBeGreaterThan(domain[0]);
        }
  });
  it("keep every tick that has room", () => {
    expect(thinned([1, 2, 3, 4, 5], 1)).toEqual([1, 2, 3, 4, 5]);
    expect(thinned([1, 2, 3, 4, 5], 0.6)).toEqual([1, 3, 5]);
  });
});

describe("what is shown", () => {
  const plot = plotOf(run("split", [1, 2, 3]), {
    name: "edge-only",
    role: "baseline",
    points: [point(0, 5), point(2, 5)],
  });
  it("leaves out what is hidden and what is outside the window; baselines still cross it", () => {
    const hidden = toggled(new Set(), "measured split");
    expect(shownSeries(plot, 0, { ...firstLook(plot), hidden }).map(({ role }) => role)).toEqual(["baseline"]);
    expect(toggled(hidden, "measured split").size).toBe(0);
    const [line, base] = shownSeries(plot, 0, { ...firstLook(plot), window: [1, 2] });
    expect(line!.points.map(({ x }) => x)).toEqual([1, 2]);
    expect(base!.points.map(({ x }) => x)).toEqual([1, 2]);
  });
  it("has a row a place, with the baseline in each", () => {
    const rows = pointRows(shownSeries(plot, 0, firstLook(plot)));
    expect(rows.map(({ x, points }) => [x, ...[...points.values()].map(({ y }) => y)])).toEqual([
      [0, 1, 5],
      [1, 2, 5],
      [2, 3, 5],
    ]);
  });
  it("has the colour of what it goes with, and a mark or a dash of its own", () => {
    const like: Series = { name: "split, p95", role: "upper", like: "split", points: [point(0, 9)] };
    const [split, base, upper] = seriesStyles(plotOf(...plot.panels[0]!.series, like));
    expect(upper!.colour).toBe(split!.colour);
    expect(base!.colour).not.toBe(split!.colour);
    expect([split!.mark, base!.mark, upper!.mark]).toEqual([0, null, null]);
    expect(new Set([split!.dash, base!.dash, upper!.dash]).size).toBe(3);
    expect(base!.name).toBe("edge-only (baseline)");
  });
});

describe("a point in words", () => {
  it("is exact, and says its spread and n", () => {
    expect([0, 12.3456, 0.00123456, 1234.5, 40].map(exact)).toEqual(["0", "12.35", "0.001235", "1,235", "40"]);
    const measured = point(0, 3, { interval: { low: 2.5, high: 3.5 }, prompts: [3, 3], runs: 4 });
    expect(valueText(measured)).toBe("3 [2.5, 3.5] n=4");
    expect(valueText(point(0, 3, { runs: 0 }))).toBe("3");
  });
});
