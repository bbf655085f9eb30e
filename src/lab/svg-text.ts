/** A drawing as SVG text, for files that stand alone. */
import type { SvgNode } from "./drawing.ts";

export const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export function svgText({ tag, attributes, children }: SvgNode): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
  return `<${tag}${written.join("")}>${children.map((child) => (typeof child === "string" ? escaped(child) : svgText(child))).join("")}</${tag}>`;
}
