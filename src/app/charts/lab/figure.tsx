/**
 * A chart as a file of its own: the page's own drawing at a size of its own, in light colours, with
 * its legend, n and spread in words under it, and on a slide its title above. It is drawn aside in
 * this page by the browser that shows it, and read back as SVG.
 */
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import type { Plot } from "#lab/plot/plot.ts";
import type { FigureSize, SvgFile } from "#lab/plot/figure.ts";
import { OutagePattern } from "../../views/lanes/outage-pattern.tsx";
import type { Series } from "../legend.tsx";
import { MarkShape } from "../readout/mark.tsx";
import { linesIn, textWidth } from "./frame/area.ts";
import { frameOf } from "./frame/frame-of.ts";
import css from "./lab-charts.module.css";
import { legendEntries } from "./series/legend-entries.tsx";
import { firstLook } from "./first-look.ts";
import type { Look } from "./look.ts";
import { PANEL_GAP, panelsHeight, type PanelFrame } from "./frame/panel-frame.ts";
import { PlotPanels } from "./panels/plot-panels.tsx";
import { FAINT, INK } from "./series/series.ts";
import { escaped, svgText } from "./serialise.ts";
import { SWATCH } from "./series/symbols.tsx";

/** Widths in pixels: two columns of 85 mm at 300 dots an inch; a slide of full HD; the column of a report. */
const WIDTH_PX: Readonly<Record<FigureSize, number>> = { paper: 2008, slide: 1920, report: 1040 };
/** In the drawing's own units; on paper a letter of 12 is then about 6 points. */
const DRAWN_WIDTH = 1004;
const MARGIN = 10;
const TITLE = { size: 17, height: 30 } as const;
const LEGEND = { size: 12, row: 20, gap: 18 } as const;
const NOTE = { size: 10.5, line: 15 } as const;

export function figureOf(plot: Plot, size: FigureSize, look: Look = firstLook(plot)): SvgFile {
  const inner = DRAWN_WIDTH - 2 * MARGIN;
  const frame = frameOf(plot, look, inner, 1);
  const host = document.createElement("div");
  host.dataset["figure"] = "";
  host.className = css["figure"] ?? "";
  document.body.append(host);
  const root = createRoot(host, { identifierPrefix: "figure" });
  try {
    flushSync(() => root.render(<Sheet plot={plot} look={look} frame={frame} />));
    flushSync(() => root.render(<Sheet plot={plot} look={look} frame={frame} />)); // Recharts' axes know their points now
    return assembled(host, plot, { frame, inner, size, look });
  } finally {
    root.unmount();
    host.remove();
  }
}

interface Layout {
  readonly frame: PanelFrame;
  readonly inner: number;
  readonly size: FigureSize;
  readonly look: Look;
}

const Sheet = ({ plot, look, frame }: { readonly plot: Plot; readonly look: Look; readonly frame: PanelFrame }) => (
  <>
    <OutagePattern />
    <PlotPanels plot={plot} look={look} frame={frame} live={false} />
    <svg data-legend="">
      {placedEntries(plot, look, DRAWN_WIDTH - 2 * MARGIN).map(({ entry, x, y }) => (
        <g key={entry.key} transform={`translate(${x} ${y})`}>
          <MarkShape mark={entry.mark} />
          <text x={SWATCH.width + 6} y={11} fontSize={LEGEND.size} fill={INK}>
            {entry.name}
          </text>
        </g>
      ))}
    </svg>
  </>
);

interface PlacedEntry {
  readonly entry: Series;
  readonly x: number;
  readonly y: number;
}

/** What is shown, in rows as wide as the figure. */
function placedEntries(plot: Plot, { hidden }: Look, width: number): readonly PlacedEntry[] {
  let [x, y] = [0, 0];
  return legendEntries(plot)
    .filter(({ key }) => !hidden.has(key))
    .map((entry) => {
      const wide = SWATCH.width + 6 + textWidth(entry.name, LEGEND.size) + LEGEND.gap;
      if (x > 0 && x + wide > width) [x, y] = [0, y + LEGEND.row];
      const placed = { entry, x, y };
      x += wide;
      return placed;
    });
}

function assembled(host: HTMLElement, plot: Plot, { frame, inner, size, look }: Layout): SvgFile {
  const above = MARGIN + (size === "slide" ? TITLE.height : 0);
  const legendTop = above + panelsHeight(plot, frame) + 6;
  const legendRows = (placedEntries(plot, look, inner).at(-1)?.y ?? -LEGEND.row) / LEGEND.row + 1;
  const noteTop = legendTop + legendRows * LEGEND.row + 6;
  const notes = linesIn(plot.note, NOTE.size, inner);
  const height = Math.ceil(noteTop + notes.length * NOTE.line + MARGIN);
  const style = getComputedStyle(host);
  const [ink, faint] = [INK, FAINT].map((colour) => style.getPropertyValue(colour.slice(4, -1)).trim());
  const words = [
    ...(size === "slide" ? [wordsAt(MARGIN, above - 12, plot.title, TITLE.size, ink ?? "", ' font-weight="600"')] : []),
    ...notes.map((line, nth) => wordsAt(MARGIN, noteTop + (nth + 1) * NOTE.line - 4, line, NOTE.size, faint ?? "")),
  ];
  const panels = [...host.querySelectorAll("[data-panel]")].map((panel, nth) => {
    const x = MARGIN + (nth % frame.columns) * (frame.width + PANEL_GAP);
    const y = above + Math.floor(nth / frame.columns) * (frame.height + PANEL_GAP);
    return groupAt(x, y, panel.querySelector("svg"), ` data-panel="${nth}"`);
  });
  const legend = groupAt(MARGIN, legendTop, host.querySelector("[data-legend]"), ' data-legend=""');
  const drawn = withPatterns(host, [...panels, legend].join(""));
  const width = WIDTH_PX[size];
  const high = Math.round((width * height) / DRAWN_WIDTH);
  return {
    text: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${DRAWN_WIDTH} ${height}" width="${width}" height="${high}" role="img" font-family="${escaped(style.fontFamily)}"><title>${escaped(plot.title)}</title><rect width="${DRAWN_WIDTH}" height="${height}" fill="#ffffff"></rect>${drawn}${words.join("")}</svg>`,
    width,
    height: high,
  };
}

/** Several figures may stand in one document, where a pattern's name must be its own. */
let figures = 0;

/** With the patterns that it is filled with, in the figure's own colours. */
function withPatterns(host: HTMLElement, drawn: string): string {
  figures += 1;
  const prefix = `figure-${figures}-`;
  const names = new Set([...drawn.matchAll(/url\(&quot;#([\w-]+)&quot;\)/g)].map(([, name = ""]) => name));
  if (names.size === 0) return drawn;
  const patterns = [...names].flatMap((name) => {
    const pattern = host.querySelector(`pattern[id="${name}"]`);
    return pattern === null ? [] : [svgText(pattern).replace(`id="${name}"`, `id="${prefix}${name}"`)];
  });
  return `<defs>${patterns.join("")}</defs>${drawn.replaceAll(/url\(&quot;#([\w-]+)&quot;\)/g, `url(#${prefix}$1)`)}`;
}

const wordsAt = (x: number, y: number, said: string, size: number, fill: string, more = ""): string =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${more}>${escaped(said)}</text>`;

/** What an `<svg>` of the page holds, at its place in the figure. */
const groupAt = (x: number, y: number, svg: Element | null, more: string): string =>
  svg === null
    ? ""
    : `<g transform="translate(${x} ${y})"${more}>${[...svg.children].map((child) => svgText(child)).join("")}</g>`;
