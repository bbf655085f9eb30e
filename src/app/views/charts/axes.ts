/**
 * What the charts of a run have in common: the area they draw in, its two axes with ticks and
 * titles, and which places along the bottom are named so that no two names touch. Pixels from the
 * top left; the scales are the lab's.
 */
import { linearScale, tickText, type Scale } from "#lab/plot/scales.ts";
import { node, round, text, type SvgNode } from "#lab/plot/svg-node.ts";

export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const CHART_HEIGHT = 230;

/** The area inside the axes of a chart `width` wide. */
export const areaOf = (width: number): Area => ({ left: 56, right: Math.max(57, width - 12), top: 8, bottom: 182 });

/** From 0 at the bottom of the area to a round number at its top. */
export function upwards(most: number, { bottom, top }: Area): Scale {
  const [, step = most] = linearScale(0, most, [0, 1]).ticks;
  return linearScale(0, step > 0 ? Math.ceil(most / step - 1e-9) * step : most, [bottom, top]);
}

/** The least of 1, 2, 5, 10, 20 … that leaves room for the widest number, where neighbours stand `apart` pixels apart. */
export function stride(widest: number, apart: number): number {
  const room = String(widest).length * 7 + 10;
  for (let power = 1; ; power *= 10) {
    const found = [1, 2, 5].find((times) => times * power * apart >= room || times * power > widest);
    if (found !== undefined) return found * power;
  }
}

interface Along {
  readonly title: string;
  /** Pixels from the left. */
  readonly ticks: readonly { readonly at: number; readonly said: string }[];
}

const AXIS = "var(--rule-strong)";
const TITLE = { fill: "var(--ink-soft)", "text-anchor": "middle" } as const;
const TICK = 6;

export function axes({ left, right, top, bottom }: Area, x: Along, yTitle: string, y: Scale): readonly SvgNode[] {
  const marks = [
    `M${left} ${top}V${bottom}H${right}`,
    ...y.ticks.map((tick) => `M${left - TICK} ${round(y.at(tick))}H${left}`),
    ...x.ticks.map(({ at }) => `M${round(at)} ${bottom}v${TICK}`),
  ];
  return [
    node("path", { d: marks.join(""), fill: "none", stroke: AXIS }),
    ...y.ticks.map((tick) => text(left - TICK - 3, round(y.at(tick)) + 4, tickText(tick), { "text-anchor": "end" })),
    ...x.ticks.map(({ at, said }) => text(round(at), bottom + TICK + 12, said, { "text-anchor": "middle" })),
    text((left + right) / 2, CHART_HEIGHT - 8, x.title, TITLE),
    text(0, 0, yTitle, { ...TITLE, transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)` }),
  ];
}
