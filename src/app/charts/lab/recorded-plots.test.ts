/** Every plot that ships, and every plot that an experiment can make, at the widths of phone, desk and projector: finite, and free of collisions. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXPERIMENTS } from "#lab/experiment/registry.ts";
import { markedPlots } from "#lab/experiment/lesson.ts";
import type { Plot } from "#lab/plot/plot.ts";
import { plotsOf } from "#lab/plot/plots.ts";
import { linearScale, logScale, tickText } from "#lab/plot/scales.ts";
import { readRecorded } from "#lab/results/recorded.ts";
import { planned, resultsOf } from "#lab/testing/fake-results.ts";
import type { ValueAxis } from "../axis/ticks.ts";
import { meet, textWidth } from "./frame/area.ts";
import { frameOf } from "./frame/frame-of.ts";
import { legendEntries } from "./series/legend-entries.tsx";
import { firstLook } from "./first-look.ts";
import { freestPlace } from "./words/mark-place.ts";
import { namePlaces } from "./words/name-places.ts";
import { xRange, yRange } from "./frame/ranges.ts";
import { shownSeries, type PointPlot } from "./series/series.ts";
import { takenBy } from "./words/taken.ts";

const FOLDER = "public/recordings/experiments";
const recordedPlots = readdirSync(FOLDER).flatMap((file): readonly Plot[] => {
  const read = readRecorded(JSON.parse(readFileSync(`${FOLDER}/${file}`, "utf8")));
  if (!read.ok) throw new Error(file);
  const lesson = EXPERIMENTS.find(({ id }) => id === read.value.id)?.lesson;
  return lesson === undefined ? read.value.plots : markedPlots(lesson, read.value.plots);
});
const WIDTHS = [358, 700, 1052, 1840] as const;
/** A projected chart has larger letters. */
const SCALES = [1, 1.5] as const;

const placeIn = ({ scale, domain }: ValueAxis, span: readonly [number, number]) =>
  (scale === "log" ? logScale(...domain, span, 10) : linearScale(...domain, span)).at;

function pointsFit(plot: PointPlot, width: number, scale: number, log: boolean): void {
  const look = { ...firstLook(plot), log };
  const { area, letter } = frameOf(plot, look, width, scale);
  const [xs, ys] = [xRange(plot, look), yRange(plot, look)];
  for (const value of [...xs.domain, ...xs.ticks, ...ys.domain, ...ys.ticks]) expect(Number.isFinite(value)).toBe(true);
  for (const tick of ys.ticks) {
    expect(tick).toBeLessThanOrEqual(ys.domain[1] * (1 + 1e-9));
    expect(textWidth(tickText(tick), letter)).toBeLessThanOrEqual(area.left);
  }
  const x = placeIn(xs, [area.left + 10, area.right - 10]);
  const y = placeIn(ys, [area.bottom, area.top]);
  plot.panels.forEach((_, panel) => {
    const series = shownSeries(plot, panel, look);
    const taken = takenBy(series, { x, y });
    for (const { text, ...mark } of (plot.marks ?? []).filter((each) => each.panel === panel)) {
      const words = freestPlace(text, { x: x(mark.x), y: y(mark.y) }, area, taken, letter);
      expect(words.lines.join(" ")).toBe(text);
      expect(words.left).toBeGreaterThanOrEqual(area.left - 0.01);
      expect(words.right).toBeLessThanOrEqual(area.right + 0.01);
      expect(words.bottom).toBeLessThanOrEqual(area.bottom);
    }
    const named = series.flatMap(({ points }) =>
      points.flatMap((point) => (point.label === null ? [] : [{ name: point.label, x: x(point.x), y: y(point.y) }])),
    );
    const names = namePlaces(named, area, letter * 0.88);
    for (const [nth, { box }] of names.entries())
      for (const other of names.slice(nth + 1)) expect(meet(box, other.box)).toBe(false);
    // On the axis that the plot asks for all are named; the other one may crowd them.
    if (width > 1000 && scale === 1 && log === firstLook(plot).log) expect(names.length).toBe(named.length);
  });
}

function fits(plot: Plot, width: number, scale: number): void {
  const frame = frameOf(plot, firstLook(plot), width, scale);
  expect(frame.columns * frame.width).toBeLessThanOrEqual(width);
  expect(frame.area.right - frame.area.left).toBeGreaterThan(120);
  expect([frame.width, frame.height, ...Object.values(frame.area)].every(Number.isFinite)).toBe(true);
  expect(legendEntries(plot).length > 0).toBe(plot.rows.length > 0);
  if (plot.kind === "points") for (const log of [false, true]) pointsFit(plot, width, scale, log);
}

describe("plots that ship", () => {
  test.each(recordedPlots.map((plot) => [plot.title, plot] as const))("%s", (_, plot) => {
    for (const width of WIDTHS) for (const scale of SCALES) fits(plot, width, scale);
  });
});

describe("plots that an experiment makes", () => {
  test.each(EXPERIMENTS.map((experiment) => [experiment.id, experiment] as const))("%s", async (_, experiment) => {
    for (const plot of plotsOf(await resultsOf(planned(experiment)))) fits(plot, 1052, 1);
  });
});
