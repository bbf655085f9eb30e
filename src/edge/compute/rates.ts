/**
 * How long a pass takes on this machine: so much for itself and so much for each of its positions, learnt from passes
 * that ran. Short and long ones are remembered apart, since two sizes are what a line needs, and a long prompt's few
 * passes must not be forgotten behind a thousand single tokens. Medians of the last ones: a pass that another process
 * held up says nothing about the next. Where the short ones were held up nevertheless, the line through both would be
 * flat, and a whole prompt would seem to cost nothing: a position costs a part of its guess at least.
 */
import type { Rate } from "./steps.ts";

const SHORT_MOST = 2; // positions; a chunk of a prompt has more
const REMEMBERED = 15;
/** Of a guess of which a long pass has shown how far it is off. */
const LEAST_OF_GUESS = 1 / 4;

interface Seen {
  readonly positions: number;
  readonly ms: number;
}

interface Measured {
  readonly last: readonly Seen[];
  readonly typical: Seen;
}

type Size = "short" | "long";

export class Rates {
  readonly #measured = new Map<string, Measured>();

  /** One pass over `positions`, of what goes by this name. */
  observe(name: string, positions: number, ms: number): void {
    const key = keyOf(name, positions <= SHORT_MOST ? "short" : "long");
    const last = [...(this.#measured.get(key)?.last ?? []), { positions, ms }].slice(-REMEMBERED);
    this.#measured.set(key, { last, typical: typicalOf(last) });
  }

  /** `guess` stands until something is measured, and gives the shape where only one size was. */
  rate(name: string, guess: Rate): Rate {
    const short = this.#measured.get(keyOf(name, "short"))?.typical;
    const long = this.#measured.get(keyOf(name, "long"))?.typical;
    if (short !== undefined && long !== undefined) return lineThrough(short, long, guess);
    const seen = short ?? long;
    if (seen === undefined) return guess;
    const factor = seen.ms / msOf(guess, seen.positions);
    return { passMs: guess.passMs * factor, positionMs: guess.positionMs * factor };
  }
}

const keyOf = (name: string, size: Size): string => `${size} ${name}`;

/** Of one pass. */
export const msOf = ({ passMs, positionMs }: Rate, positions: number): number => passMs + positionMs * positions;

function lineThrough(short: Seen, long: Seen, guess: Rate): Rate {
  const leastMs = (LEAST_OF_GUESS * guess.positionMs * long.ms) / msOf(guess, long.positions);
  const positionMs = Math.max(leastMs, (long.ms - short.ms) / (long.positions - short.positions));
  return { passMs: Math.max(0, short.ms - positionMs * short.positions), positionMs };
}

const typicalOf = (seen: readonly Seen[]): Seen => ({
  positions: median(seen.map(({ positions }) => positions)),
  ms: median(seen.map(({ ms }) => ms)),
});

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
