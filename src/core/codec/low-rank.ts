/**
 * Low-rank truncation: a message X [n, width] travels as the two factors A [n, r] and V [r, width]
 * of X ≈ A V, in float16. The rows of V are orthonormal and A is X projected on them, so that no
 * position ends further off than it is long; that they hold most of X's energy is the work of a
 * few rounds of orthogonal iteration from a fixed start, so that equal values give equal bytes.
 * V is paid once a message: where few positions share it (a decode step has one) the factors would
 * be no fewer bytes than the rows, and the rows travel as float16. Only a long prompt gains.
 * Source: Eckart and Young 1936 for what the best rank loses; Halko, Martinsson and Tropp,
 * Finding structure with randomness, SIAM Review 2011, algorithm 4.4, for the iteration.
 */
import { ok } from "../run/failure.ts";
import { noiseHash } from "../sampling/noise.ts";
import type { Codec } from "./codec.ts";
import { f16, fromHalves, toHalves } from "./f16.ts";
import { checkBytes, requireValues } from "./lengths.ts";
import { largestOf } from "./magnitude.ts";

const ROUNDS = 4;
const F16_BYTES = 2;
const F16_MAX = 65504;

interface Rank {
  readonly name: string;
  readonly wireId: number;
  readonly summary: string;
  /** The rank is the width over this, rounded up. */
  readonly divisor: number;
}

function lowRank({ divisor, ...names }: Rank): Codec {
  const rankOf = (width: number): number => Math.ceil(width / divisor);
  // A frame's payload divides by its positions: zeros fill the factors up to that.
  const factorBytes = (count: number, width: number): number => count * Math.ceil((F16_BYTES * rankOf(width) * (count + width)) / count);
  const pays = (count: number, width: number): boolean => factorBytes(count, width) < count * f16.bytesPerPosition(width);

  return {
    ...names,
    exact: false,
    bytesPerPosition: (width) => f16.bytesPerPosition(width),
    messageBytes: (count, width) => (pays(count, width) ? factorBytes(count, width) : count * f16.bytesPerPosition(width)),
    // What a projection leaves is no longer than the whole; the rest is the rounding of both factors.
    errorBound: (largest, width) => {
      const norm = largest * Math.sqrt(width);
      return norm > F16_MAX ? Infinity : norm * (1 + 2 ** -9) + width * 2 ** -24;
    },
    encode(values, count, width) {
      requireValues(values, count, width);
      if (!pays(count, width)) return f16.encode(values, count, width);
      const rank = rankOf(width);
      const rows = Float64Array.from(values);
      const faulty = Array.from({ length: count }, (_, position) => position).filter((position) => Number.isNaN(largestOf(values, position * width, width)));
      for (const position of faulty) rows.fill(0, position * width, (position + 1) * width); // the others are as without it
      const { basis, along } = mainDirections(rows, width, rank);
      const factors = new Float32Array(rank * (count + width));
      for (const position of faulty) along.fill(NaN, position * rank, (position + 1) * rank);
      factors.set(along);
      factors.set(basis, count * rank);
      const bytes = new Uint8Array(factorBytes(count, width));
      bytes.set(new Uint8Array(toHalves(factors).buffer));
      return bytes;
    },
    decode(bytes, count, width) {
      if (!pays(count, width)) return checkBytes(bytes, count * f16.bytesPerPosition(width), names.name) ?? f16.decode(bytes, count, width);
      const wrong = checkBytes(bytes, factorBytes(count, width), names.name);
      if (wrong !== null) return wrong;
      const rank = rankOf(width);
      const factors = Float64Array.from(fromHalves(new Uint16Array(bytes.slice(0, F16_BYTES * rank * (count + width)).buffer)));
      const values = new Float32Array(count * width);
      for (let position = 0; position < count; position++) {
        const sum = new Float64Array(width);
        for (let k = 0; k < rank; k++) addTimes(sum, 0, factors[position * rank + k] ?? 0, factors, count * rank + k * width, width);
        values.set(sum, position * width);
      }
      return ok(values);
    },
  };
}

export const lowRank8 = lowRank({ name: "lowrank-8", wireId: 14, summary: "a long message as two factors of rank width/8, in float16; a short one, as in decode, as float16", divisor: 8 });
export const lowRank16 = lowRank({ name: "lowrank-16", wireId: 15, summary: "a long message as two factors of rank width/16, in float16; a short one, as in decode, as float16", divisor: 16 });

/** `rows` [n, width]: an orthonormal basis [rank, width] of nearly the most energy that so many directions can hold, and each row's share along it [n, rank]. */
function mainDirections(rows: Float64Array, width: number, rank: number): { readonly basis: Float64Array; readonly along: Float64Array } {
  const count = rows.length / width;
  let basis = Float64Array.from({ length: rank * width }, (_, at) => (noiseHash(rank, at) < 2 ** 31 ? -1 : 1));
  const along = new Float64Array(count * rank);
  for (let round = 0; round <= ROUNDS; round++) {
    orthonormalise(basis, width);
    for (let position = 0; position < count; position++) {
      for (let k = 0; k < rank; k++) along[position * rank + k] = dot(rows, position * width, basis, k * width, width);
    }
    if (round === ROUNDS) break;
    basis = new Float64Array(rank * width);
    for (let position = 0; position < count; position++) {
      for (let k = 0; k < rank; k++) addTimes(basis, k * width, along[position * rank + k] ?? 0, rows, position * width, width);
    }
  }
  return { basis, along };
}

/**
 * Gram-Schmidt over rows of `width`, in place, each twice (Kahan's "twice is enough"): a row that the second pass
 * still shortens by half was in the span of those before it, and becomes 0.
 */
function orthonormalise(basis: Float64Array, width: number): void {
  for (let start = 0; start < basis.length; start += width) {
    const clear = (): number => {
      for (let before = 0; before < start; before += width) addTimes(basis, start, -dot(basis, start, basis, before, width), basis, before, width);
      return Math.sqrt(dot(basis, start, basis, start, width));
    };
    const first = clear();
    const second = clear();
    const by = second > first / 2 ? 1 / second : 0;
    for (let at = start; at < start + width; at++) basis[at] = (basis[at] ?? 0) * by;
  }
}

function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[aStart + i] ?? 0) * (b[bStart + i] ?? 0);
  return sum;
}

/** `to` += factor · `from`, over `length` values of each. */
function addTimes(to: Float64Array, toStart: number, factor: number, from: Float64Array, fromStart: number, length: number): void {
  for (let i = 0; i < length; i++) to[toStart + i] = (to[toStart + i] ?? 0) + factor * (from[fromStart + i] ?? 0);
}
