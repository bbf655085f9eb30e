import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../link/random.ts";
import type { Codec } from "../codec.ts";
import { f16 } from "../floats/f16.ts";
import { messageBytes } from "../lengths.ts";
import { lowRank2, lowRank4 } from "./low-rank.ts";

const BOTH = [
  ["lowrank-2", lowRank2, 2],
  ["lowrank-4", lowRank4, 4],
] as const;

function through(codec: Codec, values: Float32Array, count: number, width: number): Float32Array {
  const decoded = codec.decode(codec.encode(values, count, width), count, width);
  if (!decoded.ok) throw new Error("refused");
  return decoded.value;
}

/** A sum of `weights.length` outer products of normal vectors. */
function product(seed: number, count: number, width: number, weights: readonly number[]): Float32Array {
  const random = seededRandom(seed);
  const normals = (n: number) =>
    Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  const values = new Float64Array(count * width);
  for (const weight of weights) {
    const [left, right] = [normals(count), normals(width)];
    left.forEach((l, i) => right.forEach((r, j) => (values[i * width + j]! += weight * l * r)));
  }
  return Float32Array.from(values);
}

/** The largest rank whose factors take no more than this share of float16's bytes. */
function rankWithin(divisor: number, count: number, width: number): number {
  let rank = 0;
  while (2 * (rank + 1) * (count + width) * divisor <= 2 * count * width) rank++;
  return rank;
}

const normOf = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
const distance = (a: Float32Array, b: Float32Array): number => normOf(a.map((value, at) => value - b[at]!));

/** Jacobi's cyclic rotations of the Gram matrix of the rows: what the best approximation of each rank leaves is the root of the sum of the smaller eigenvalues. */
function bestError(values: Float32Array, count: number, width: number, rank: number): number {
  const row = (i: number) => values.subarray(i * width, (i + 1) * width);
  const gram = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length: count }, (__, j) => row(i).reduce((sum, value, at) => sum + value * row(j)[at]!, 0)),
  );
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < count; p++) {
      for (let q = p + 1; q < count; q++) {
        if (Math.abs(gram[p]![q]!) < 1e-300) continue;
        const angle = Math.atan2(2 * gram[p]![q]!, gram[q]![q]! - gram[p]![p]!) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const line of gram) [line[p], line[q]] = [c * line[p]! - s * line[q]!, s * line[p]! + c * line[q]!];
        const [above, below] = [gram[p]!, gram[q]!];
        for (let k = 0; k < count; k++)
          [above[k], below[k]] = [c * above[k]! - s * below[k]!, s * above[k]! + c * below[k]!];
      }
    }
  }
  const eigenvalues = gram.map((line, i) => line[i]!).sort((a, b) => b - a);
  return Math.sqrt(eigenvalues.slice(rank).reduce((sum, value) => sum + Math.max(0, value), 0));
}

describe.each(BOTH)("%s", (_, codec, divisor) => {
  it("gives back what has no higher rank, up to the rounding of float16", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 24, max: 60 }),
        fc.integer({ min: 32, max: 100 }),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, width, seed, share) => {
          const rank = Math.max(1, Math.floor(share * rankWithin(divisor, count, width)));
          const values = product(
            seed,
            count,
            width,
            Array.from({ length: rank }, () => 1),
          );
          expect(distance(through(codec, values, count, width), values)).toBeLessThan(normOf(values) * 2 ** -10);
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([
    ["no rank stands out", Array.from({ length: 64 }, () => 1)],
    ["each rank is less", Array.from({ length: 64 }, (__, k) => 1 / (k + 1))],
    ["one drowns the rest", Array.from({ length: 64 }, (__, k) => (k === 0 ? 300 : 1))],
  ])("loses little more than the best approximation of its rank, where %s", (__, weights) => {
    const [count, width] = [48, 128];
    const values = product(7, count, width, weights);
    const best = bestError(values, count, width, rankWithin(divisor, count, width));
    const lost = distance(through(codec, values, count, width), values);
    expect(lost / best).toBeGreaterThan(0.999);
    expect(lost / best).toBeLessThan(1.04);
  });

  it("takes fewer bytes only where positions share the basis", () => {
    expect(messageBytes(codec, 1, 256)).toBe(512);
    expect(messageBytes(codec, 256, 256) / 256).toBe(512 / divisor);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 200 }), (count, width) => {
        const taken = messageBytes(codec, count, width);
        const factors = 2 * rankWithin(divisor, count, width) * (count + width);
        if (factors === 0) expect(taken).toBe(2 * count * width);
        else expect(taken).toBeLessThan(factors + count);
        expect(taken).toBeGreaterThanOrEqual(factors);
        if (count > 0) expect(taken % count).toBe(0);
        expect(codec.encode(new Float32Array(count * width), count, width).byteLength).toBe(taken);
      }),
      { numRuns: 60 },
    );
  });

  it("sends a single position as float16 does", () => {
    const values = product(3, 1, 256, [1]);
    expect(codec.encode(values, 1, 256)).toEqual(f16.encode(values, 1, 256));
  });

  it("takes nothing but zeros, and shows faulty positions alone", () => {
    expect(through(codec, new Float32Array(64 * 48), 64, 48)).toEqual(new Float32Array(64 * 48));
    const values = product(5, 64, 48, [1, 1, 1]);
    const without = values.slice().fill(0, 48, 96);
    values.set([NaN, Infinity, 1, -Infinity], 48);
    const decoded = through(codec, values, 64, 48);
    expect(decoded.subarray(48, 96).every(Number.isNaN)).toBe(true);
    expect(decoded.fill(0, 48, 96)).toEqual(through(codec, without, 64, 48));
  });
});
