/** Something pointed out in a panel: a ring around a point, and words that stay inside the panel. */
import { PANEL, widthOf } from "./panel-frame.ts";
import type { Plot } from "./plot.ts";
import type { Scale } from "./scales.ts";
import { INK, node, round, text, type SvgNode } from "./svg-node.ts";

const LINE = 13;
/** About as wide as a letter is at this size. */
const LETTER = 6.2;

/** `across` and `up` place a mark's x and y in the panel. */
export function marksIn(plot: Plot, panel: number, across: Pick<Scale, "at">, up: Pick<Scale, "at">): readonly SvgNode[] {
  const width = widthOf(plot);
  return (plot.marks ?? []).filter((each) => each.panel === panel).flatMap((each) => drawMark(each.text, round(across.at(each.x)), round(up.at(each.y)), width));
}

/** Below a point in the panel's upper half, above another. */
function drawMark(said: string, x: number, y: number, width: number): readonly SvgNode[] {
  const lines = wrapped(said, Math.floor((width - PANEL.left - PANEL.right) / (LETTER + 1)));
  const middle = (PANEL.top + PANEL.height - PANEL.bottom) / 2;
  const top = y < middle ? y + 26 : y - 20 - (lines.length - 1) * LINE;
  const half = (Math.max(...lines.map(({ length }) => length)) * LETTER) / 2;
  const at = round(Math.min(width - PANEL.right - half, Math.max(PANEL.left + half, x)));
  const halo = { "text-anchor": "middle", fill: INK, "font-weight": 600, stroke: "var(--paper, #ffffff)", "stroke-width": 4, "paint-order": "stroke", "stroke-linejoin": "round" };
  return [node("circle", { cx: x, cy: y, r: 8, fill: "none", stroke: INK, "stroke-width": 1.6 }), ...lines.map((line, index) => text(at, round(top + index * LINE), line, halo))];
}

function wrapped(said: string, letters: number): readonly string[] {
  return said.split(" ").reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + word.length < letters ? [...lines.slice(0, -1), `${last} ${word}`] : [...lines, word];
  }, []);
}
