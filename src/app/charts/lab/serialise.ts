/**
 * A drawing on the page as SVG text that stands alone: what the page's styles made of each element
 * becomes its attributes, and what only the page needs (classes, roles, places in the tab order) goes.
 */

/** Passed on from parent to child, so written only where they change. */
const INHERITED = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "stroke-linecap",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "paint-order",
  "visibility",
] as const;
const OWN = { opacity: "1" } as const;
/** Where things are, and what they hold: kept as they stand. */
const PLACES = new Set(
  "x y dx dy x1 x2 y1 y2 cx cy r rx ry width height d points transform href patternUnits patternTransform".split(" "),
);
const isKept = (name: string): boolean => PLACES.has(name) || /^data-(?!recharts)/.test(name);

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Of one element and all in it; empty where nothing is drawn. */
export function svgText(element: Element): string {
  return written(element, null);
}

function written(element: Element, parent: CSSStyleDeclaration | null): string {
  if (element.tagName === "defs") return ""; // clips of Recharts' own; patterns are written by who fills with them
  const style = getComputedStyle(element);
  const inside = [...element.childNodes]
    .map((child) =>
      child instanceof Element ? written(child, style) : child instanceof Text ? escaped(child.data) : "",
    )
    .join("");
  if (inside === "" && ["g", "title", "desc"].includes(element.tagName)) return "";
  const attributes = [...placesOf(element), ...looksOf(style, parent)]
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");
  return `<${element.tagName}${attributes}>${inside}</${element.tagName}>`;
}

const placesOf = (element: Element): readonly (readonly [string, string])[] =>
  [...element.attributes].flatMap(({ name, value }) =>
    isKept(name) || (name === "id" && element.tagName === "pattern") ? [[name, value] as const] : [],
  );

function looksOf(
  style: CSSStyleDeclaration,
  parent: CSSStyleDeclaration | null,
): readonly (readonly [string, string])[] {
  const inherited = INHERITED.flatMap((name) => {
    const value = style.getPropertyValue(name);
    return value === "" || value === parent?.getPropertyValue(name) ? [] : [[name, value] as const];
  });
  const own = Object.entries(OWN).flatMap(([name, plain]) => {
    const value = style.getPropertyValue(name);
    return value === "" || value === plain ? [] : [[name, value] as const];
  });
  return [...inherited, ...own];
}
