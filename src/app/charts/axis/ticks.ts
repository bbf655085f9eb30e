/** Where an axis is marked and what stands there: round numbers, so far apart that no two touch. */
import { roundTicks } from "#lab/plot/round-ticks.ts";

export interface ValueAxis {
  readonly scale: "linear" | "log";
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

const WANTED = 5;

/** From 0 to a round number that is no less than `most`. */
export function linearAxis(most: number): ValueAxis {
  const [, step = 1] = roundTicks(0, most > 0 ? most : 1, WANTED);
  const top = Math.ceil((most > 0 ? most : 1) / step - 1e-9) * step;
  const count = Math.round(top / step);
  const marks = Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
  return { scale: "linear", domain: [0, top], ticks: marks };
}

/** Whole decades around the values that are more than zero, at least one; a single decade is marked at 2 and 5 too. */
export function logAxis(values: readonly number[]): ValueAxis {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive, Number.MAX_VALUE)) + 1e-9);
  const least = positive.length > 0 ? low : 0;
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...positive, 0)) - 1e-9));
  const factors = most - least > 1 ? [1] : [1, 2, 5];
  const marks = Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index));
  return {
    scale: "log",
    domain: [10 ** least, 10 ** most],
    ticks: marks.flatMap((decade, index) => (index === most - least ? [decade] : factors.map((by) => by * decade))),
  };
}

/** Whether a logarithmic axis would show what a linear one hides: values of more than a decade. */
export function spansDecades(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0);
  return positive.length > 1 && Math.max(...positive) >= 10 * Math.min(...positive);
}

/** The least of 1, 2, 5, 10, 20 … that leaves room for the widest number, where neighbours stand `apart` pixels apart. */
export function stride(widest: number, apart: number): number {
  const room = String(widest).length * 7 + 12;
  for (let power = 1; ; power *= 10) {
    const found = [1, 2, 5].find((times) => times * power * apart >= room || times * power > widest);
    if (found !== undefined) return found * power;
  }
}

/** The whole numbers of [first, last] to mark on an axis `widthPx` long. */
export function numberTicks(first: number, last: number, widthPx: number): readonly number[] {
  const every = stride(last, widthPx / Math.max(1, last - first + 1));
  const from = Math.ceil(first / every) * every;
  return Array.from({ length: Math.max(0, Math.floor((last - from) / every) + 1) }, (_, index) => from + index * every);
}
