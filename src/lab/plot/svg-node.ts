/** SVG as a tree of values, and what every chart is drawn with. */
export interface SvgNode {
  readonly tag: "svg" | "g" | "line" | "path" | "circle" | "rect" | "text" | "title";
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgNode | string)[];
}

export const INK = "var(--ink, #16191d)";
export const FAINT = "var(--ink-faint, #62686f)";
export const RULE = "var(--rule, #dedbd3)";

export const node = (
  tag: SvgNode["tag"],
  attributes: SvgNode["attributes"],
  ...children: readonly (SvgNode | string)[]
): SvgNode => ({ tag, attributes, children });
export const text = (x: number, y: number, said: string, attributes: SvgNode["attributes"] = {}): SvgNode =>
  node("text", { x, y, fill: FAINT, ...attributes }, said);
export const round = (value: number): number => Math.round(value * 100) / 100;
