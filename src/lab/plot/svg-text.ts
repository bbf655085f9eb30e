/**
 * A drawing as SVG text, for files that stand alone: the page's variables become their fallbacks,
 * since what prints or edits SVG knows no custom properties.
 */
import type { SvgNode } from "./svg-node.ts";

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const plain = (value: string | number): string => String(value).replace(/var\(--[\w-]+, ([^)]+)\)/g, "$1");

export function svgText({ tag, attributes, children }: SvgNode): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(plain(value))}"`);
  return `<${tag}${written.join("")}>${children.map((child) => (typeof child === "string" ? escaped(child) : svgText(child))).join("")}</${tag}>`;
}

export interface SvgFile {
  readonly text: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** The drawing as a file of so many pixels' width, on white. */
export function svgFile(node: SvgNode, width: number): SvgFile {
  const [, , drawnWidth = 1, drawnHeight = 1] = String(node.attributes["viewBox"]).split(" ").map(Number);
  const height = Math.round((width * drawnHeight) / drawnWidth);
  const ground: SvgNode = {
    tag: "rect",
    attributes: { width: drawnWidth, height: drawnHeight, fill: "#ffffff" },
    children: [],
  };
  return {
    text: svgText({ ...node, attributes: { ...node.attributes, width, height }, children: [ground, ...node.children] }),
    width,
    height,
  };
}
