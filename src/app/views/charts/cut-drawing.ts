/**
 * Time per token over the cut: dots with the middle half of their steps, the modelled line, uncut
 * runs as dashed levels with their names, and the chosen cut as a vertical line.
 */
import type { ForecastPoint } from "#core/plan/forecast.ts";
import type { Mode } from "#core/run/config.ts";
import { factsOf } from "#core/strategies/table.ts";
import { linearScale } from "#lab/plot/scales.ts";
import { node, round, text, type SvgNode } from "#lab/plot/svg-node.ts";
import type { CutDot } from "../../derive/forecast.ts";
import { modeName } from "../../derive/lane-text.ts";
import { areaOf, axes, stride, upwards } from "./axes.ts";

export interface CutFigures {
  readonly blocks: number;
  readonly dots: readonly CutDot[];
  readonly points: readonly ForecastPoint[];
  readonly uncut: readonly { readonly mode: Mode; readonly tpotMs: number }[];
  /** Null where the chosen mode does not cut. */
  readonly chosen: number | null;
}

/** Where the names of levels stand, in the levels' order: below them, moved until no two touch and none leaves the area. */
export function namesAt(levels: readonly number[], bottom: number): readonly number[] {
  const line = 13;
  const order = levels.map((level, index) => ({ level, index })).sort((a, b) => a.level - b.level);
  const down: number[] = [];
  for (const { level } of order) down.push(Math.max(level + line, (down.at(-1) ?? -Infinity) + line));
  let lowest = bottom - 4;
  const places = down.reverse().map((wanted) => {
    const at = Math.min(wanted, lowest);
    lowest = at - line;
    return at;
  });
  places.reverse();
  return levels.map((_, index) => places[order.findIndex((each) => each.index === index)] ?? 0);
}

export function cutDrawing(width: number, { blocks, dots, points, uncut, chosen }: CutFigures): readonly SvgNode[] {
  const area = areaOf(width);
  const y = upwards(
    Math.max(
      0,
      ...dots.flatMap(({ tpotMs, steps }) => [tpotMs, steps.q3]),
      ...points.map(({ tpotMs }) => tpotMs),
      ...uncut.map(({ tpotMs }) => tpotMs),
    ),
    area,
  );
  const x = linearScale(0, blocks, [area.left, area.right]);
  const every = stride(blocks, (area.right - area.left) / Math.max(1, blocks));
  const ticks = Array.from({ length: Math.floor(blocks / every) + 1 }, (_, index) => ({
    at: x.at(index * every),
    said: String(index * every),
  }));
  const levels = uncut.map(({ tpotMs }) => y.at(tpotMs));
  const names = namesAt(levels, area.bottom);
  const line = points
    .map(({ cut, tpotMs }, index) => `${index === 0 ? "M" : "L"}${round(x.at(cut))} ${round(y.at(tpotMs))}`)
    .join("");
  return [
    ...axes(area, { title: "Cut: blocks in this tab", ticks }, "ms a token", y),
    ...uncut.map(({ mode }, index) => {
      const at = round(levels[index] ?? 0);
      return node("line", {
        x1: area.left,
        x2: area.right,
        y1: at,
        y2: at,
        stroke: factsOf(mode).needs.edge ? "var(--part-edge)" : "var(--part-device)",
        "stroke-dasharray": factsOf(mode).needs.generator ? "2 3" : "6 3",
      });
    }),
    ...(chosen === null
      ? []
      : [
          node("line", {
            x1: round(x.at(chosen)),
            x2: round(x.at(chosen)),
            y1: area.top,
            y2: area.bottom,
            stroke: "var(--ink)",
            "stroke-dasharray": "1 3",
          }),
        ]),
    ...(line === ""
      ? []
      : [node("path", { d: line, fill: "none", stroke: "var(--ink-faint)", "stroke-dasharray": "4 4" })]),
    ...dots.flatMap(({ cut, tpotMs, steps }) => {
      const at = round(x.at(cut));
      // The bar holds the dot, also where the mean lies outside the middle half.
      const [low, high] = [round(y.at(Math.min(tpotMs, steps.q1))), round(y.at(Math.max(tpotMs, steps.q3)))];
      return [
        node("path", {
          d: `M${at - 4} ${low}h8M${at} ${low}V${high}M${at - 4} ${high}h8`,
          fill: "none",
          stroke: "var(--ink)",
          "stroke-width": 1.5,
        }),
        node("circle", { cx: at, cy: round(y.at(tpotMs)), r: 4.5, fill: "var(--ink)" }),
      ];
    }),
    ...uncut.map(({ mode }, index) =>
      text(area.right - 5, round(names[index] ?? 0), modeName(mode), { "text-anchor": "end", fill: "var(--ink-soft)" }),
    ),
  ];
}
