/**
 * The names of points in a panel: each stands in the first free place above or below its point, so
 * that neighbours' names do not lie on each other or on a mark. Greedy, from left to right.
 */
import { PANEL } from "./panel-frame.ts";
import type { PlotPoint } from "./plot.ts";
import type { Scale } from "./scales.ts";
import { node, round, text, type SvgNode } from "./svg-node.ts";

const SIZE = 9;
/** About as wide as a letter is at this size. */
const LETTER = 5.1;
/** Of the name's baseline from its point, the most wanted first. */
const PLACES = [-9, -19, 16, -29, 26, -39, 36, -49, 46, -59] as const;
/** Half a mark. */
const MARK = 4;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const meet = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

export interface PlacedLabel {
  readonly label: string;
  /** Of its point. */
  readonly x: number;
  readonly y: number;
  /** Of its baseline from the point. */
  readonly by: number;
}

export function placedLabels(
  points: readonly PlotPoint[],
  x: Pick<Scale, "at">,
  y: Pick<Scale, "at">,
): readonly PlacedLabel[] {
  const named = points
    .flatMap(({ label, ...point }) =>
      label === null ? [] : [{ label, x: round(x.at(point.x)), y: round(y.at(point.y)) }],
    )
    .sort((a, b) => a.x - b.x);
  const taken: Box[] = named.map((point) => ({
    left: point.x - MARK,
    right: point.x + MARK,
    top: point.y - MARK,
    bottom: point.y + MARK,
  }));
  return named.map((point) => {
    const boxes = PLACES.map((by) => ({ by, box: boxOf(point.label, point.x, point.y + by) })).filter(
      ({ box }) => box.top > 0 && box.bottom < PANEL.height - PANEL.bottom,
    );
    const chosen = boxes.find(({ box }) => !taken.some((other) => meet(box, other))) ?? boxes[0];
    if (chosen !== undefined) taken.push(chosen.box);
    return { ...point, by: chosen?.by ?? PLACES[0] };
  });
}

/** A name that stands far from its point has a line to it, which goes behind whatever other name it passes. */
export function labelsOf(points: readonly PlotPoint[], x: Pick<Scale, "at">, y: Pick<Scale, "at">): readonly SvgNode[] {
  const placed = placedLabels(points, x, y);
  const lines = placed.flatMap((point) => {
    const { by } = point;
    return Math.abs(by) > 20
      ? [
          node("line", {
            x1: point.x,
            x2: point.x,
            y1: point.y + Math.sign(by) * MARK,
            y2: point.y + (by < 0 ? by + 2 : by - SIZE + 1),
            stroke: "currentcolor",
            "stroke-width": 0.5,
            opacity: 0.6,
          }),
        ]
      : [];
  });
  const names = placed.map((point) =>
    text(point.x, point.y + point.by, point.label, {
      "font-size": SIZE,
      "text-anchor": "middle",
      stroke: "var(--paper, #ffffff)",
      "stroke-width": 2.5,
      "paint-order": "stroke",
      "stroke-linejoin": "round",
    }),
  );
  return [...lines, ...names];
}

const boxOf = (label: string, x: number, baseline: number): Box => ({
  left: x - (label.length * LETTER) / 2,
  right: x + (label.length * LETTER) / 2,
  top: baseline - SIZE,
  bottom: baseline + 1.5,
});
