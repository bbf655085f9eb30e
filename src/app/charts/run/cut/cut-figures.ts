/**
 * Time per token over the cut as rows of a chart: what was measured at each cut with the middle
 * half of its steps, what is modelled there, and the levels of the runs that were not cut.
 */
import type { ForecastPoint } from "#core/plan/modelled/forecast.ts";
import type { Mode } from "#core/run/config.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { CutDot } from "../../../derive/forecast.ts";
import { modeName } from "../../../derive/lane-text.ts";
import { duration, exactDuration } from "../../../format/units.ts";
import { reachOf, type Reach } from "../../axis/clip.ts";
import type { Hidden, Series } from "../../legend.tsx";
import type { Readout } from "../../readout/readout.tsx";

export interface Level {
  readonly mode: Mode;
  readonly tpotMs: number;
  readonly n: number;
}

export interface CutFigures {
  readonly blocks: number;
  readonly dots: readonly CutDot[];
  readonly points: readonly ForecastPoint[];
  readonly uncut: readonly Level[];
  /** Null where the chosen mode does not cut. */
  readonly chosen: number | null;
}

export interface CutRow {
  readonly cut: number;
  /** Held at the top of the axis where it is above. */
  readonly measured: number | null;
  readonly over: boolean;
  /** How far the middle half reaches below and above the dot. */
  readonly half: readonly [number, number];
  readonly modelled: number | null;
}

/** The bar holds the dot, also where the mean lies outside the middle half. */
const halfOf = ({ tpotMs, steps }: CutDot): readonly [number, number] => [
  Math.min(tpotMs, steps.q1),
  Math.max(tpotMs, steps.q3),
];

export function cutRows({ blocks, dots, points }: CutFigures, top: number): readonly CutRow[] {
  return Array.from({ length: blocks + 1 }, (_, cut) => {
    const dot = dots.find((each) => each.cut === cut);
    const modelled = points.find((point) => point.cut === cut)?.tpotMs ?? null;
    if (dot === undefined) return { cut, measured: null, over: false, half: [0, 0], modelled };
    const [low, high] = halfOf(dot);
    const measured = Math.min(top, dot.tpotMs);
    const half = [Math.max(0, measured - low), Math.max(0, Math.min(top, high) - measured)] as const;
    return { cut, measured, over: dot.tpotMs > top, half, modelled };
  });
}

/** Everything that the axis has to hold, of the series that are shown. */
export function cutValues({ dots, points, uncut }: CutFigures, hidden: Hidden): readonly number[] {
  return [
    ...(hidden.has("measured") ? [] : dots.flatMap((dot) => [dot.tpotMs, ...halfOf(dot)])),
    ...(hidden.has("modelled") ? [] : points.map(({ tpotMs }) => tpotMs)),
    ...uncut.filter(({ mode }) => !hidden.has(mode)).map(({ tpotMs }) => tpotMs),
  ];
}

/**
 * A dot and the ends of its bar are one value when it comes to what towers over the rest. What was measured is judged
 * among its own: the modelled points beside it are many, and say nothing about what is far out.
 */
export function cutReach({ dots, points, uncut }: CutFigures, hidden: Hidden): Reach {
  const measured = hidden.has("measured") ? [] : dots.map((dot) => halfOf(dot)[1]);
  const others = [
    ...(hidden.has("modelled") ? [] : points.map(({ tpotMs }) => tpotMs)),
    ...uncut.filter(({ mode }) => !hidden.has(mode)).map(({ tpotMs }) => tpotMs),
  ];
  return reachOf([...measured, ...others], reachOf(measured).most);
}

const MEASURED: Series = {
  key: "measured",
  name: "Measured",
  mark: { shape: "dot", fill: "var(--ink)" },
  meaning: "mean time per token, the median of the runs at that cut; the bar is the middle half of their steps",
};
const MODELLED: Series = {
  key: "modelled",
  name: "Modelled",
  mark: { shape: "line", stroke: "var(--ink-faint)", dash: "4 4" },
  meaning: "from the per-block times of the runs so far and the link",
};

/** How the level of an uncut run is drawn: the colour of the tier that computes, and a dash of its own. */
export function levelStroke(mode: Mode): { readonly stroke: string; readonly dash: string } {
  return {
    stroke: factsOf(mode).needs.edge ? "var(--part-edge)" : "var(--part-device)",
    dash: factsOf(mode).needs.generator ? "2 3" : "7 3",
  };
}

export const cutSeries = ({ dots, points, uncut }: CutFigures): readonly Series[] => [
  ...(dots.length > 0 ? [MEASURED] : []),
  ...(points.length > 0 ? [MODELLED] : []),
  ...uncut.map(({ mode, n }): Series => ({
    key: mode,
    name: modeName(mode),
    mark: { shape: "line", ...levelStroke(mode) },
    meaning: `not cut, n = ${n}`,
  })),
];

/** What stands at a cut, exactly; null where nothing does. */
export function cutReadout({ dots, points, uncut }: CutFigures, cut: number, hidden: Hidden): Readout | null {
  const dot = hidden.has("measured") ? undefined : dots.find((each) => each.cut === cut);
  const point = hidden.has("modelled") ? undefined : points.find((each) => each.cut === cut);
  const levels = uncut.filter(({ mode }) => !hidden.has(mode));
  if (dot === undefined && point === undefined && levels.length === 0) return null;
  return {
    title: `Cut ${cut}`,
    rows: [
      ...(dot === undefined ? [] : [{ name: "Measured", value: exactDuration(dot.tpotMs), mark: MEASURED.mark }]),
      ...(point === undefined ? [] : [{ name: "Modelled", value: exactDuration(point.tpotMs), mark: MODELLED.mark }]),
      ...levels.map(({ mode, tpotMs }) => ({
        name: modeName(mode),
        value: exactDuration(tpotMs),
        mark: { shape: "line", ...levelStroke(mode) } as const,
      })),
    ],
    notes: dot === undefined ? [] : [spreadText(dot)],
  };
}

const spreadText = ({ runs, steps }: CutDot): string =>
  `n = ${runs} ${runs === 1 ? "run" : "runs"}, ${steps.n} steps; middle half ${duration(steps.q1)} to ${duration(steps.q3)}`;

/** Where the names of levels stand, in the levels' order: moved until no two touch and none leaves the plot. */
export function namesAt(levels: readonly number[], top: number, bottom: number): readonly number[] {
  const line = 16; // for the letters of a wide screen
  const order = levels.map((level, index) => ({ level, index })).sort((a, b) => a.level - b.level);
  const down: number[] = [];
  for (const { level } of order) down.push(Math.max(level, top, (down.at(-1) ?? -Infinity) + line));
  let lowest = bottom;
  const places = down.toReversed().map((wanted) => {
    const at = Math.min(wanted, lowest);
    lowest = at - line;
    return at;
  });
  places.reverse();
  return levels.map((_, index) => places[order.findIndex((each) => each.index === index)] ?? 0);
}
