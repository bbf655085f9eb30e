/**
 * A run's tokens as bars: stacked by part on a linear scale, or in groups on a logarithmic one.
 * All bars of one fill are one path, so a long answer is a handful of elements. What took no time
 * or sent nothing has no bar; a single byte, which is at the foot of its scale, is a line.
 */
import type { TokenEvent, TokenPart } from "#core/run/record.ts";
import { bandLeft, yOf, type Place } from "./place.ts";
import { partFill } from "../../../derive/part-fill.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** All of one fill. */
export interface BarPath {
  readonly key: string;
  readonly fill: string;
  readonly d: string;
}

/** Draws some tokens of a run where they stand. */
export type DrawBars = (tokens: readonly TokenEvent[], place: Place) => readonly BarPath[];

/** Of a token's band; the rest is the gap to the next. Narrow bars have none: gaps below a pixel are noise. */
const shareOf = ({ bandPx }: Place): number => (bandPx < NARROW_PX ? 1 : 0.86);
export const NARROW_PX = 5;
const LEAST_PX = 2;

/** Tokens are counted from one. */
const numberOf = ({ index }: TokenEvent): number => index + 1;

/** Each part's boxes: end to end in the order of `parts`, token by token from the left; nothing above the axis. */
export function stackedBoxes(
  tokens: readonly TokenEvent[],
  parts: readonly TokenPart[],
  place: Place,
): readonly { readonly part: TokenPart; readonly boxes: readonly Box[] }[] {
  const reached = tokens.map(() => 0);
  const width = place.bandPx * shareOf(place);
  return parts.map((part) => ({
    part,
    boxes: tokens.flatMap((token, index) => {
      const from = reached[index] ?? 0;
      reached[index] = from + token[part];
      if (token[part] <= 0 || from >= place.high) return [];
      const top = yOf(place, from + token[part]);
      const x = bandLeft(place, numberOf(token)) + (place.bandPx - width) / 2;
      return [{ x, y: top, width, height: yOf(place, from) - top }];
    }),
  }));
}

export interface BarSeries {
  readonly key: string;
  /** The part whose look it has; null is ink. */
  readonly part: TokenPart | null;
  readonly of: (token: TokenEvent) => number;
}

/** Bars of one token that would be narrower than this beside each other stand in front of each other. */
const BESIDE_PX = 2;

const standBeside = (series: readonly BarSeries[], { bandPx }: Place): boolean => bandPx >= BESIDE_PX * series.length;

/** The series with the most of all first: where bars stand in front of each other, the low ones are in front. */
const highestFirst = (tokens: readonly TokenEvent[], series: readonly BarSeries[]): readonly BarSeries[] => {
  const sum = ({ of }: BarSeries): number => tokens.reduce((total, token) => total + of(token), 0);
  return [...series].sort((a, b) => sum(b) - sum(a));
};

/** Each series' boxes: those of one token side by side, or all as wide as the token where that is too narrow. */
export function groupedBoxes(
  tokens: readonly TokenEvent[],
  series: readonly BarSeries[],
  place: Place,
): readonly (readonly Box[])[] {
  const beside = standBeside(series, place);
  const width = (place.bandPx * shareOf(place)) / (beside ? Math.max(1, series.length) : 1);
  return series.map(({ of }, nth) =>
    tokens.flatMap((token) => {
      const value = of(token);
      if (value <= 0) return [];
      const height = Math.max(LEAST_PX, place.bottom - yOf(place, value));
      const x =
        bandLeft(place, numberOf(token)) + ((1 - shareOf(place)) / 2) * place.bandPx + (beside ? nth * width : 0);
      return [{ x, y: place.bottom - height, width, height }];
    }),
  );
}

const round = (value: number): number => Math.round(value * 100) / 100;

const filled = (key: string, fill: string, boxes: readonly Box[]): BarPath => ({
  key,
  fill,
  d: boxes
    .map(({ x, y, width, height }) => `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}z`)
    .join(""),
});

export const drawStacks =
  (parts: readonly TokenPart[]): DrawBars =>
  (tokens, place) => [
    ...stackedBoxes(tokens, parts, place).map(({ part, boxes }) => filled(part, partFill(part), boxes)),
    clipMarks(tokens, (token) => parts.reduce((sum, part) => sum + token[part], 0), place),
  ];

export const drawGroups =
  (series: readonly BarSeries[]): DrawBars =>
  (tokens, place) => {
    const ordered = standBeside(series, place) ? series : highestFirst(tokens, series);
    const boxes = groupedBoxes(tokens, ordered, place);
    return [
      ...ordered.map(({ key, part }, nth) =>
        filled(key, part === null ? "var(--ink)" : partFill(part), boxes[nth] ?? []),
      ),
      clipMarks(tokens, (token) => Math.max(0, ...series.map(({ of }) => of(token))), place),
    ];
  };

const MARK_PX = 4;

/** An arrow head over each bar that is cut off at the top of the axis. */
function clipMarks(tokens: readonly TokenEvent[], of: (token: TokenEvent) => number, place: Place): BarPath {
  const d = tokens
    .filter((token) => of(token) > place.high)
    .map((token) => {
      const middle = bandLeft(place, numberOf(token)) + place.bandPx / 2;
      return `M${round(middle - MARK_PX)} ${round(place.top - 3)}l${MARK_PX} -7l${MARK_PX} 7z`;
    })
    .join("");
  return { key: "over", fill: "var(--ink)", d };
}
