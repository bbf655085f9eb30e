/** Choices out of a seed: the same seed makes the same choices, so that whatever was found can be found again. */
import { seededRandom, type Random } from "#core/link/random.ts";

export class Chance {
  readonly #random: Random;

  /** `of` tells many from one seed apart. */
  constructor(seed: number, of: number) {
    this.#random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(of + 1, 0x85ebca6b));
    this.#random();
  }

  /** Whole, from 0 to below `below`. */
  below(below: number): number {
    return Math.floor(this.#random() * below);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  of(share: number): boolean {
    return this.#random() < share;
  }

  /** Of some, one at least. */
  one<const T>(all: readonly T[]): T {
    if (all.length === 0) throw new Error("nothing to choose from");
    return all[this.below(all.length)] as T; // below its length
  }

  /** By weight: the name of a row, weights in any unit. */
  weighed<const N extends string>(weights: Readonly<Record<N, number>>): N {
    const names = Object.keys(weights) as N[];
    let left = this.#random() * names.reduce((sum, name) => sum + weights[name], 0);
    return names.find((name) => (left -= weights[name]) < 0) ?? this.one(names);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** Any 32 bits, those at the ends of ranges more often. */
  u32(): number {
    return this.of(0.4) ? this.one(ENDS) : this.below(2 ** 32);
  }
}

const ENDS = [0, 1, 2, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1] as const;
