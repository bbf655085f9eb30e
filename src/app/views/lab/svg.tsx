/** The lab's drawings as React elements: the very chart that the report holds. */
import { createElement, type ReactNode } from "react";
import type { SvgNode } from "#lab/plot/svg-node.ts";

const CAMEL = /-([a-z])/g;
/** React names attributes in camel case, but for those that begin with aria-. */
const named = (name: string): string =>
  name.startsWith("aria-") ? name : name.replace(CAMEL, (_, letter: string) => letter.toUpperCase());

export function Svg({ node }: { readonly node: SvgNode }): ReactNode {
  const attributes = Object.fromEntries(Object.entries(node.attributes).map(([name, value]) => [named(name), value]));
  return createElement(
    node.tag,
    attributes,
    ...node.children.map((child, index) => (typeof child === "string" ? child : <Svg key={index} node={child} />)),
  );
}
