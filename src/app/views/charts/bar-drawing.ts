/**
 * A run's tokens as bars: stacked by part on a linear scale, or in groups on a logarithmic one.
 * All bars of one fill are one path, so a long answer is a handful of elements. What took no time
 * or sent nothing has no bar; a single byte, which is at the foot of its scale, is a line.
 */
import type { TokenEvent, TokenPart } from "#core/run/record.ts";
import { logScale, type Scale } from "#lab/plot/scales.ts";
import { node, round, type SvgNode } from "#lab/plot/svg-node.ts";
import { partsMs } from "../../derive/timeline.ts";
import { areaOf, axes, stride, upwards, type Area } from "./axes.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const STACK_SHARE = 0.88;
const GROUP_SHARE = 0.85;
const LEAST_PX = 1;

const bandOf = ({ left, right }: Area, count: number): number => (right - left) / Math.max(1, count);

/** Each part's boxes: end to end in the order of `parts`, token by token from the left. */
export function stackedBoxes(
  tokens: readonly TokenEvent[],
  parts: readonly TokenPart[],
  area: Area,
  y: Scale,
): readonly { readonly part: TokenPart; readonly boxes: readonly Box[] }[] {
  const band = bandOf(area, tokens.length);
  const reached = tokens.map(() => 0);
  return parts.map((part) => ({
    part,
    boxes: tokens.flatMap((token, index) => {
      const from = reached[index] ?? 0;
      reached[index] = from + token[part];
      if (token[part] <= 0) return [];
      const top = y.at(from + token[part]);
      return [
        {
          x: area.left + (index + (1 - STACK_SHARE) / 2) * band,
          y: top,
          width: band * STACK_SHARE,
          height: y.at(from) - top,
        },
      ];
    }),
  }));
}

/** Each series' boxes, those of one place side by side. */
export function groupedBoxes(
  series: readonly (readonly number[])[],
  area: Area,
  y: Scale,
): readonly (readonly Box[])[] {
  const band = bandOf(area, Math.max(0, ...series.map(({ length }) => length)));
  const width = (band * GROUP_SHARE) / Math.max(1, series.length);
  return series.map((values, nth) =>
    values.flatMap((value, index) => {
      if (value <= 0) return [];
      const height = Math.max(LEAST_PX, area.bottom - y.at(value));
      return [
        { x: area.left + (index + (1 - GROUP_SHARE) / 2) * band + nth * width, y: area.bottom - height, width, height },
      ];
    }),
  );
}

const filled = (boxes: readonly Box[], fill: string): SvgNode =>
  node("path", {
    d: boxes
      .map(({ x, y, width, height }) => `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}z`)
      .join(""),
    fill,
  });

/** Tokens are counted from one. */
function tokenTicks(numbers: readonly number[], area: Area) {
  const band = bandOf(area, numbers.length);
  const every = stride(numbers.at(-1) ?? 1, band);
  const ticks = numbers.flatMap((number, index) =>
    number % every === 0 ? [{ at: area.left + (index + 0.5) * band, said: String(number) }] : [],
  );
  return { title: "Token", ticks };
}

/** Intervals by part; the line is the median. */
export function tokenDrawing(
  width: number,
  tokens: readonly TokenEvent[],
  parts: readonly TokenPart[],
  medianMs: number | null,
): readonly SvgNode[] {
  const area = areaOf(width);
  const y = upwards(Math.max(0, medianMs ?? 0, ...tokens.map(partsMs)), area);
  const at = medianMs === null ? null : round(y.at(medianMs));
  return [
    ...stackedBoxes(tokens, parts, area, y).map(({ part, boxes }) => filled(boxes, `url(#pattern-${part})`)),
    ...axes(
      area,
      tokenTicks(
        tokens.map(({ index }) => index + 1),
        area,
      ),
      "ms",
      y,
    ),
    ...(at === null
      ? []
      : [
          node("line", {
            x1: area.left,
            x2: area.right,
            y1: at,
            y2: at,
            stroke: "var(--ink)",
            "stroke-dasharray": "4 3",
          }),
        ]),
  ];
}

export interface TokenBytes {
  readonly number: number;
  readonly up: number;
  readonly down: number;
  readonly text: number;
}

export function byteDrawing(width: number, tokens: readonly TokenBytes[]): readonly SvgNode[] {
  const area = areaOf(width);
  const series = [tokens.map(({ up }) => up), tokens.map(({ down }) => down), tokens.map(({ text }) => text)];
  const y = logScale(1, Math.max(10, ...series.flat()), [area.bottom, area.top], 10);
  const fills = ["url(#pattern-uplinkMs)", "url(#pattern-downlinkMs)", "var(--ink)"];
  return [
    ...groupedBoxes(series, area, y).map((boxes, nth) => filled(boxes, fills[nth] ?? "none")),
    ...axes(
      area,
      tokenTicks(
        tokens.map(({ number }) => number),
        area,
      ),
      "bytes",
      y,
    ),
  ];
}
