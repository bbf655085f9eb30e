/**
 * Where a token's bar stands in the plot, in px: the axes that Recharts draws, as arithmetic, so
 * that a layer of ours can be drawn with every token without asking the library.
 */
import type { ValueAxis } from "../../axis/ticks.ts";

export interface Plot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The tokens between the ends of the axis, counted from one, both included. */
export interface TokenRange {
  readonly first: number;
  readonly last: number;
}

export interface Place {
  /** Left edge of the band of `first`. */
  readonly left: number;
  readonly right: number;
  readonly bandPx: number;
  readonly first: number;
  readonly top: number;
  readonly bottom: number;
  readonly scale: ValueAxis["scale"];
  /** Values at the foot and at the top. */
  readonly low: number;
  readonly high: number;
}

export function placeOf(plot: Plot, { first, last }: TokenRange, { scale, domain }: ValueAxis): Place {
  const bandPx = plot.width / Math.max(1, last - first + 1);
  const [low, high] = domain;
  return {
    left: plot.x,
    right: plot.x + plot.width,
    bandPx,
    first,
    top: plot.y,
    bottom: plot.y + plot.height,
    scale,
    low,
    high,
  };
}

/** Pixels from the top; what is beyond the axis is at its end. */
export function yOf({ top, bottom, scale, low, high }: Place, value: number): number {
  const held = Math.min(high, Math.max(low, value));
  const share = scale === "log" ? Math.log(held / low) / Math.log(high / low) : (held - low) / (high - low);
  return bottom - share * (bottom - top);
}

export const bandLeft = ({ left, bandPx, first }: Place, number: number): number => left + (number - first) * bandPx;

/**
 * How many tokens the axis has room for while they come: in steps of an eighth to a quarter, so
 * that bars stand still between two steps, and never more than were asked for.
 */
export function roomFor(count: number, limit: number): number {
  const step = 2 ** Math.max(3, Math.floor(Math.log2(Math.max(1, count))) - 2);
  return Math.max(count, Math.min(limit, Math.ceil((count + 1) / step) * step));
}
