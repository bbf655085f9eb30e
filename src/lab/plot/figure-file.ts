/** A chart as a file of its own: the drawing, under it n and spread in words, and on a slide its title above. */
import { drawing } from "./drawing.ts";
import { wrapped } from "./mark-drawing.ts";
import type { Plot } from "./plot.ts";
import { FAINT, INK, node, text } from "./svg-node.ts";
import { svgFile, type SvgFile } from "./svg-text.ts";

/** Widths in pixels: two columns of 85 mm at 300 dots an inch; a slide of full HD. */
const WIDTH_PX = { paper: 2008, slide: 1920 } as const;
export type FigureSize = keyof typeof WIDTH_PX;

const TITLE = 26;
const NOTE = { size: 10, line: 14, letter: 5.6, margin: 8 } as const;

export function figureFile(plot: Plot, size: FigureSize): SvgFile {
  const picture = drawing(plot);
  const [, , width = 1, height = 1] = String(picture.attributes["viewBox"]).split(" ").map(Number);
  const above = size === "slide" ? TITLE : 0;
  const lines = wrapped(plot.note, Math.floor((width - 2 * NOTE.margin) / NOTE.letter));
  const heading =
    size === "slide" ? [text(NOTE.margin, 18, plot.title, { "font-size": 16, "font-weight": 600, fill: INK })] : [];
  const below = lines.map((line, at) =>
    text(NOTE.margin, above + height + NOTE.line * (at + 1), line, { "font-size": NOTE.size, fill: FAINT }),
  );
  const whole = node(
    "svg",
    { ...picture.attributes, viewBox: `0 0 ${width} ${above + height + NOTE.line * lines.length + NOTE.margin}` },
    ...heading,
    node("g", { transform: `translate(0 ${above})` }, ...picture.children),
    ...below,
  );
  return svgFile(whole, WIDTH_PX[size]);
}
