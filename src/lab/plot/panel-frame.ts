/** What every panel of a chart has: its place, the axes with their units, the ruled ticks. */
import type { Plot } from "./plot.ts";
import { FAINT, INK, node, round, RULE, text, type SvgNode } from "./svg-node.ts";

export const PANEL = { height: 250, left: 58, right: 12, top: 26, bottom: 44 } as const;
/** Width of a letter over its size, about. */
const LETTER = 0.5;
/** By how many stand in a row: all rows are about as wide. */
const WIDTHS = [680, 460, 340] as const;
const IN_A_ROW = 3;

export const columnsOf = (plot: Plot): number => Math.min(plot.panels.length, plot.inARow ?? IN_A_ROW) || 1;
export const widthOf = (plot: Plot): number => plot.panelWidth ?? WIDTHS[columnsOf(plot) - 1] ?? WIDTHS[0];

/** `y` of a tick is in pixels. */
export interface PlacedTick {
  readonly y: number;
  readonly text: string;
}

export function panelFrame(plot: Plot, title: string, ticks: readonly PlacedTick[]): readonly SvgNode[] {
  const right = widthOf(plot) - PANEL.right;
  const bottom = PANEL.height - PANEL.bottom;
  return [
    text(PANEL.left, 14, title, { fill: INK, "font-weight": 600 }),
    ...ticks.flatMap((tick) => [
      node("line", { x1: PANEL.left, x2: right, y1: round(tick.y), y2: round(tick.y), stroke: RULE }),
      text(PANEL.left - 6, round(tick.y) + 4, tick.text, { "text-anchor": "end" }),
    ]),
    node("line", { x1: PANEL.left, x2: right, y1: bottom, y2: bottom, stroke: FAINT }),
    text((PANEL.left + right) / 2, PANEL.height - 10, plot.xTitle, { "text-anchor": "middle" }),
    text(0, 0, plot.yTitle, {
      transform: `translate(13 ${(PANEL.top + bottom) / 2}) rotate(-90)`,
      "text-anchor": "middle",
      "font-size": round(Math.min(12, (PANEL.height - 6) / (plot.yTitle.length * LETTER))),
    }),
  ];
}
