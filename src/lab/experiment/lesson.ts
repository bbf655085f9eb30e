/**
 * A lesson beside an experiment: what a class predicts before it sees anything, the thing to look
 * at afterwards, and why it is so. Right answers are not written down but read off the results that
 * are shown, so that a lesson is right about a run of one's own too.
 */
import { TOKEN_PARTS, type TokenPart } from "#core/run/record.ts";
import {
  either,
  list,
  number,
  object,
  oneOf,
  optional,
  text,
  variants,
  whole,
  type Value,
} from "#core/schema/schema.ts";
import type { Bar, Plot, PlotMark, PlotPoint } from "../plot/plot.ts";

/** A place in one of the experiment's charts. */
const reading = object({
  /** Among the experiment's charts, from 0. */
  chart: whole(0),
  /** A line by its name, a bar by its label, or a point by its own label. */
  of: text,
  /** By its title up to a comma: "link 5g". Left out, the first panel that has the place. */
  panel: optional(text),
  /** Where on a line: an end, its lowest or highest point, or the point at this x. Left out, the first. In a map: the round trip. */
  at: optional(either("one of first, last, least, most, or a number", oneOf("first", "last", "least", "most"), number)),
  /** In a map: how often the edge's pass is repeated. Its value is the ratio there. */
  load: optional(number),
  /** Of a bar: these parts of it, instead of the whole. */
  parts: optional(list(oneOf(...TOKEN_PARTS))),
  /** Which of a point's two numbers is meant; y if left out. */
  axis: optional(oneOf("x", "y")),
});
export type Reading = Value<typeof reading>;

const question = variants(
  "kind",
  /** The right choice is the one whose reading is the least or the most. */
  object({
    kind: oneOf("choice"),
    ask: text,
    best: oneOf("least", "most"),
    choices: list(object({ text, at: reading })),
  }),
  /** The right amount is a reading, or its ratio to another. */
  object({
    kind: oneOf("amount"),
    ask: text,
    unit: text,
    from: number,
    to: number,
    step: number,
    answer: reading,
    over: optional(reading),
  }),
);
export type Question = Value<typeof question>;

export const lesson = object({
  questions: list(question),
  /** The thing to notice, and its words in the chart. */
  mark: object({ at: reading, says: text }),
  /** Two paragraphs at most. */
  why: list(text),
});
export type Lesson = Value<typeof lesson>;

export interface Found {
  readonly value: number;
  /** Where it is drawn. */
  readonly mark: Omit<PlotMark, "text">;
}

/** Null where the results have no such place: a cell that failed, a sweep that was changed. */
function readingOf(reading: Reading, plots: readonly Plot[]): Found | null {
  const plot = plots[reading.chart];
  if (plot === undefined) return null;
  for (const [panel, { title }] of plot.panels.entries()) {
    if (reading.panel !== undefined && title !== reading.panel && !title.startsWith(`${reading.panel}, `)) continue;
    const found = placeIn(plot, panel, reading);
    if (found !== null) return { value: found.value, mark: { panel, x: found.x, y: found.y } };
  }
  return null;
}

function placeIn(plot: Plot, panel: number, reading: Reading): Place | null {
  switch (plot.kind) {
    case "points":
      return pointIn(plot.panels[panel], reading);
    case "bars":
      return barIn(plot.panels[panel], reading);
    case "map": {
      const point = plot.panels[panel]?.points.find(
        ({ x, y }) => plot.arm === reading.of && x === reading.at && y === reading.load,
      );
      return point === undefined ? null : { x: point.x, y: point.y, value: point.ratio };
    }
  }
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

function pointIn(
  panel: Extract<Plot, { kind: "points" }>["panels"][number] | undefined,
  { of, at, axis }: Reading,
): Place | null {
  const drawn = (panel?.series ?? []).filter(({ role }) => role === "measured" || role === "baseline");
  const points =
    drawn.find(({ name }) => name === of)?.points ??
    drawn.flatMap((series) => series.points.filter(({ label }) => label === of));
  const point = pick(points, at ?? "first");
  return point === undefined ? null : { x: point.x, y: point.y, value: axis === "x" ? point.x : point.y };
}

function pick(points: readonly PlotPoint[], at: NonNullable<Reading["at"]>): PlotPoint | undefined {
  if (typeof at === "number") return points.find(({ x }) => x === at);
  const sorted = points.toSorted((a, b) => (at === "first" || at === "last" ? a.x - b.x : a.y - b.y));
  return at === "first" || at === "least" ? sorted[0] : sorted.at(-1);
}

function barIn(
  panel: Extract<Plot, { kind: "bars" }>["panels"][number] | undefined,
  { of, parts }: Reading,
): Place | null {
  const index = (panel?.bars ?? []).findIndex(({ label }) => label === of);
  const bar = panel?.bars[index];
  if (bar === undefined) return null;
  const value = heightOf(bar, parts);
  return { x: index, y: heightOf(bar), value };
}

const heightOf = ({ segments }: Bar, parts?: readonly TokenPart[]): number =>
  segments.filter(({ part }) => parts === undefined || parts.includes(part)).reduce((sum, { ms }) => sum + ms, 0);

export type LessonAnswer =
  | { readonly kind: "choice"; readonly right: number; readonly values: readonly (number | null)[] }
  | { readonly kind: "amount"; readonly value: number };

/** What these results say; null where they do not say. */
export function answerOf(question: Question, plots: readonly Plot[]): LessonAnswer | null {
  if (question.kind === "amount") {
    const above = readingOf(question.answer, plots);
    const below = question.over === undefined ? { value: 1 } : readingOf(question.over, plots);
    return above === null || below === null || below.value === 0
      ? null
      : { kind: "amount", value: above.value / below.value };
  }
  const values = question.choices.map(({ at }) => readingOf(at, plots)?.value ?? null);
  const known = values.filter((value) => value !== null);
  if (known.length < values.length) return null;
  return {
    kind: "choice",
    values,
    right: values.indexOf(question.best === "least" ? Math.min(...known) : Math.max(...known)),
  };
}

/** The charts with the lesson's mark in the one that it is about, in place of the chart's own. */
export function markedPlots({ mark }: Lesson, plots: readonly Plot[]): readonly Plot[] {
  const found = readingOf(mark.at, plots);
  if (found === null) return plots;
  return plots.map((plot, index) =>
    index === mark.at.chart ? { ...plot, marks: [{ ...found.mark, text: mark.says }] } : plot,
  );
}
