/** From values to places on an axis, with ticks at round numbers. */
import { roundTicks } from "./round-ticks.ts";

export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

const WANTED = 5;

export function linearScale(least: number, most: number, [from, to]: readonly [number, number]): Scale {
  const low = Number.isFinite(least) ? least : 0;
  const span = Number.isFinite(most) && most > low ? most - low : 1;
  return { ticks: roundTicks(low, low + span, WANTED), at: (value) => from + ((value - low) / span) * (to - from) };
}

/** Ticks at powers of `base`; what is below the least is at it. */
export function logScale(least: number, most: number, [from, to]: readonly [number, number], base: 2 | 10): Scale {
  const log = base === 2 ? Math.log2 : Math.log10;
  const low = log(least > 0 && Number.isFinite(least) ? least : 1);
  const high = Number.isFinite(most) && log(most) > low ? log(most) : low + 1;
  const ticks = Array.from(
    { length: Math.max(0, Math.floor(high + 1e-9) - Math.ceil(low - 1e-9) + 1) },
    (_, index) => base ** (Math.ceil(low - 1e-9) + index),
  );
  return { ticks, at: (value) => from + ((log(Math.max(value, base ** low)) - low) / (high - low)) * (to - from) };
}

export function tickText(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return Number(value.toPrecision(2)).toString();
  if (Math.abs(value) >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(4))}M`;
  if (Math.abs(value) >= 10_000) return `${Number((value / 1000).toPrecision(4))}k`;
  return Number(value.toPrecision(4)).toString();
}
