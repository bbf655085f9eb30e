/**
 * Something pointed out in a panel: a ring around a point, and words where they cover least of what
 * is drawn, inside the panel, with a line to the ring where they stand apart from it.
 */
import { PANEL, widthOf } from "./panel-frame.ts";
import type { Plot } from "./plot.ts";
import type { Scale } from "./scales.ts";
import { INK, node, round, text, type SvgNode } from "./svg-node.ts";

/** A place in pixels that words had better leave free, and how much better. */
export interface Taken {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

const LINE = 13;
/** About as wide as a bold letter is at this size, in whatever font stands in for ours. */
const LETTER = 7;
const RING = 8;
/** Letters a line: as wide as may be, or narrow enough for a corner. */
const LETTERS = [34, 20] as const;

/** `across` and `up` place a mark's x and y in the panel. */
export function marksIn(
  plot: Plot,
  panel: number,
  across: Pick<Scale, "at">,
  up: Pick<Scale, "at">,
  taken: readonly Taken[],
): readonly SvgNode[] {
  const width = widthOf(plot);
  return (plot.marks ?? [])
    .filter((each) => each.panel === panel)
    .flatMap((each) => drawMark(each.text, round(across.at(each.x)), round(up.at(each.y)), width, taken));
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly lines: readonly string[];
}

function drawMark(said: string, x: number, y: number, width: number, taken: readonly Taken[]): readonly SvgNode[] {
  const box = freest(said, x, y, width, taken);
  const halo = {
    "text-anchor": "middle",
    fill: INK,
    "font-weight": 600,
    stroke: "var(--paper, #ffffff)",
    "stroke-width": 4,
    "paint-order": "stroke",
    "stroke-linejoin": "round",
  };
  const near = { x: Math.min(box.right, Math.max(box.left, x)), y: Math.min(box.bottom, Math.max(box.top, y)) };
  const apart = Math.hypot(near.x - x, near.y - y);
  const lead =
    apart < 2.5 * RING
      ? []
      : [
          node("line", {
            x1: round(x + ((near.x - x) * RING) / apart),
            y1: round(y + ((near.y - y) * RING) / apart),
            x2: round(near.x),
            y2: round(near.y),
            stroke: INK,
            "stroke-width": 1,
          }),
        ];
  const words = box.lines.map((line, index) =>
    text(round((box.left + box.right) / 2), round(box.top + 10 + index * LINE), line, halo),
  );
  return [node("circle", { cx: x, cy: y, r: RING, fill: "none", stroke: INK, "stroke-width": 1.6 }), ...lead, ...words];
}

const STEP = 6;

/** Of all places in the panel the one whose words cover least, the nearer and the fewer lines the better. */
function freest(said: string, x: number, y: number, width: number, taken: readonly Taken[]): Box {
  const all = [...taken, { x, y, weight: 100 }];
  const costOf = (box: Box): number => {
    const covered = all.reduce(
      (sum, each) =>
        each.x > box.left - RING && each.x < box.right + RING && each.y > box.top - RING && each.y < box.bottom + RING
          ? sum + each.weight
          : sum,
      0,
    );
    return (
      12 * covered +
      LINE * box.lines.length +
      Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom))
    );
  };
  const room = Math.floor((width - PANEL.left - PANEL.right) / LETTER);
  return LETTERS.flatMap((letters) => placesFor(wrapped(said, Math.min(letters, room)), x, width)).reduce(
    (found, box) => (costOf(box) < costOf(found) ? box : found),
  );
}

/** At least one: at the top, as near to `x` as the panel allows. */
function placesFor(lines: readonly string[], x: number, width: number): readonly Box[] {
  const half = (Math.max(...lines.map(({ length }) => length)) * LETTER) / 2;
  const high = lines.length * LINE;
  const [least, most] = [PANEL.left + half, width - PANEL.right - half];
  const middles = [...new Set([Math.min(most, Math.max(least, x)), least, most])];
  const steps = Math.max(0, Math.floor((PANEL.height - PANEL.bottom - high - PANEL.top) / STEP));
  const tops = Array.from({ length: steps + 1 }, (_, nth) => PANEL.top + nth * STEP);
  return middles.flatMap((middle) =>
    tops.map((top) => ({ left: middle - half, right: middle + half, top, bottom: top + high, lines })),
  );
}

/** Words in lines of fewer letters than so many; a longer word has a line of its own. */
export function wrapped(said: string, letters: number): readonly string[] {
  return said.split(" ").reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + word.length < letters
      ? [...lines.slice(0, -1), `${last} ${word}`]
      : [...lines, word];
  }, []);
}
