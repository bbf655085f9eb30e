/**
 * The live token chart as bare as it can be: nine paths, an axis and no library, drawn anew with
 * every token. This is how the page drew it before it had tooltips; the benchmark keeps it as the
 * arm that the page's chart is measured against.
 */
import { createElement, type ReactNode } from "react";
import { TOKEN_PARTS, type TokenEvent, type TokenPart } from "#core/run/record.ts";

const AREA = { left: 56, top: 8, bottom: 182 } as const;
const HEIGHT = 230;
const SHARE = 0.88;
const round = (value: number): number => Math.round(value * 100) / 100;

interface Props {
  readonly tokens: readonly TokenEvent[];
  readonly width: number;
}

const sumOf = (token: TokenEvent): number => TOKEN_PARTS.reduce((sum, part) => sum + token[part], 0);

/** A step of 1, 2 or 5 times a power of ten that divides `most` about five times. */
function stepOf(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 5));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= most / 5) ?? most;
}

interface Scales {
  readonly band: number;
  readonly y: (ms: number) => number;
}

function partPaths(tokens: readonly TokenEvent[], { band, y }: Scales): readonly ReactNode[] {
  const reached = tokens.map(() => 0);
  return TOKEN_PARTS.map((part: TokenPart) => {
    const boxes = tokens.map((token, index) => {
      const from = reached[index] ?? 0;
      reached[index] = from + token[part];
      if (token[part] <= 0) return "";
      const [left, top, width] = [AREA.left + (index + (1 - SHARE) / 2) * band, y(from + token[part]), band * SHARE];
      return `M${round(left)} ${round(top)}h${round(width)}v${round(y(from) - top)}h${round(-width)}z`;
    });
    return createElement("path", { key: part, d: boxes.join(""), fill: `url(#pattern-${part})` });
  });
}

export function PlainBars({ tokens, width }: Props): ReactNode {
  const right = width - 12;
  const most = Math.max(1, ...tokens.map(sumOf));
  const step = stepOf(most);
  const top = Math.ceil(most / step) * step;
  const band = (right - AREA.left) / Math.max(1, tokens.length);
  const y = (ms: number): number => AREA.bottom - (ms / top) * (AREA.bottom - AREA.top);
  const yTicks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const xTicks = tokens.flatMap(({ index }, at) =>
    index % 50 === 0 ? [{ index, x: AREA.left + (at + 0.5) * band }] : [],
  );
  return createElement(
    "svg",
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` },
    ...partPaths(tokens, { band, y }),
    createElement("path", { d: `M${AREA.left} ${AREA.top}V${AREA.bottom}H${right}`, fill: "none", stroke: "#888" }),
    ...yTicks.map((tick) =>
      createElement("text", { key: `y${tick}`, x: AREA.left - 9, y: y(tick) + 4, textAnchor: "end" }, tick),
    ),
    ...xTicks.map(({ index, x }) =>
      createElement("text", { key: `x${index}`, x, y: AREA.bottom + 18, textAnchor: "middle" }, index),
    ),
  );
}
