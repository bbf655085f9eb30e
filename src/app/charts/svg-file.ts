/**
 * A chart on the page as a file of its own: the same drawing, with every colour and letter resolved
 * and the legend, which is HTML on the page, drawn below it. The scheme is the one that the page has
 * at that moment: whoever wants paper on a dark page flips the root's scheme first.
 */
import type { Series } from "./legend.tsx";
import { MARK_PX } from "./mark.tsx";

const SVG = "http://www.w3.org/2000/svg";

/** What a drawing of ours or of Recharts is styled by; everything else is geometry and stands in attributes. */
const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "visibility",
] as const;

const LEGEND_ROW_PX = 22;
const LETTER_PX = 6.6;

export interface ChartFile {
  readonly text: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** `svg` must be on the page: what is not laid out has no styles. */
export function chartFile(svg: SVGSVGElement, series: readonly Series[]): ChartFile {
  const widthPx = svg.width.baseVal.value;
  const drawn = resolved(svg);
  const legend = legendOf(series, widthPx, svg);
  const heightPx = svg.height.baseVal.value + legend.heightPx;
  legend.node.setAttribute("transform", `translate(0 ${svg.height.baseVal.value})`);
  drawn.append(legend.node);
  const ground = document.createElementNS(SVG, "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  drawn.prepend(patternsOf(drawn), ground);
  for (const [name, value] of [
    ["xmlns", SVG],
    ["width", String(widthPx)],
    ["height", String(heightPx)],
    ["viewBox", `0 0 ${widthPx} ${heightPx}`],
  ] as const)
    drawn.setAttribute(name, value);
  return { text: new XMLSerializer().serializeToString(drawn), widthPx, heightPx };
}

/** A copy with the computed styles of the original, and nothing that only a page can use. */
function resolved<E extends SVGElement>(original: E): E {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a clone is of the kind of its original
  const copy = original.cloneNode(true) as E;
  const originals = [original, ...original.querySelectorAll("*")];
  for (const [index, element] of [copy, ...copy.querySelectorAll("*")].entries()) {
    const from = originals[index];
    if (from === undefined) continue;
    const style = getComputedStyle(from);
    for (const name of ["class", "style", "tabindex", "role", "aria-label"]) element.removeAttribute(name);
    for (const name of STYLES) element.setAttribute(name, style.getPropertyValue(name));
  }
  return copy;
}

/** The patterns that the drawing fills with stand elsewhere in the page. */
function patternsOf(drawn: SVGElement): SVGDefsElement {
  const defs = document.createElementNS(SVG, "defs");
  const names = [...drawn.outerHTML.matchAll(/url\((?:&quot;|")?#([\w-]+)/g)].map(([, name = ""]) => name);
  for (const name of new Set(names)) {
    const pattern = document.querySelector<SVGElement>(`pattern[id="${name}"]`);
    if (pattern !== null && drawn.querySelector(`[id="${name}"]`) === null) {
      const copy = resolved(pattern);
      copy.removeAttribute("fill");
      defs.append(copy);
    }
  }
  return defs;
}

interface DrawnLegend {
  readonly node: SVGGElement;
  readonly heightPx: number;
}

/** Names in rows, each behind its mark, which is copied from the legend on the page. */
function legendOf(series: readonly Series[], widthPx: number, svg: SVGSVGElement): DrawnLegend {
  const node = document.createElementNS(SVG, "g");
  const icons = svg.closest("figure")?.querySelectorAll<SVGSVGElement>("ul svg") ?? [];
  let [x, row] = [8, 0];
  for (const [index, { name }] of series.entries()) {
    const wide = MARK_PX.width + 8 + name.length * LETTER_PX + 16;
    if (x > 8 && x + wide > widthPx) [x, row] = [8, row + 1];
    const entry = document.createElementNS(SVG, "g");
    entry.setAttribute("transform", `translate(${x} ${row * LEGEND_ROW_PX + 6})`);
    const icon = icons[index];
    if (icon !== undefined) entry.append(...resolved(icon).childNodes);
    entry.append(nameNode(name, svg));
    node.append(entry);
    x += wide;
  }
  return { node, heightPx: series.length === 0 ? 0 : (row + 1) * LEGEND_ROW_PX + 6 };
}

function nameNode(name: string, svg: SVGSVGElement): SVGTextElement {
  const text = document.createElementNS(SVG, "text");
  const { fontFamily, color } = getComputedStyle(svg);
  for (const [key, value] of [
    ["x", String(MARK_PX.width + 8)],
    ["y", "10"],
    ["font-size", "12px"],
    ["font-family", fontFamily],
    ["fill", color],
  ] as const)
    text.setAttribute(key, value);
  text.textContent = name;
  return text;
}
