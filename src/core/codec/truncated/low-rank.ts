/**
 * Low-rank truncation: a message X [n, width] travels as the two factors A [n, r] and V [r, width]
 * of X ≈ A V, in float16. The rows of V are orthonormal and A is X projected on them, so that no
 * position ends further off than it is long; that they hold most of X's energy is the work of a
 * few rounds of orthogonal iteration from a fixed start, so that equal values give equal bytes.
 * The rank is the largest whose factors take a half, or a quarter, of float16's bytes. V is paid
 * once a message: too few positions (a decode step has one) cannot pay for a single direction, and
 * travel as float16.
 * Source: Eckart and Young 1936 for what the best rank loses; Halko, Martinsson and Tropp,
 * Finding structure with randomness, SIAM Review 2011, algorithm 4.4, for the iteration.
 */
import { ok } from "../../run/failure.ts";
import { noiseHash } from "../../sampling/noise.ts";
import type { Codec } from "../codec.ts";
import { f16, fromHalves, toHalves } from "../floats/f16.ts";
import { checkBytes, requireValues } from "../lengths.ts";
import { largestOf } from "../magnitude.ts";

const ROUNDS = 4;
const F16_BYTES = 2;
const F16_MAX = 65504;

interface Budget {
  readonly name: string;
  readonly summary: string;
  /** The factors take at most float16's bytes over this. */
  readonly divisor: number;
}

function lowRank({ divisor, ...names }: Budget): Codec {
  const rankOf = (count: number, width: number): number =>
    count === 0 ? 0 : Math.floor((count * width) / ((count + width) * divisor));
  // A frame's payload divides by its positions: zeros fill the factors up to that.
  const factorBytes = (rank: number, count: number, width: number): number =>
    count * Math.ceil((F16_BYTES * rank * (count + width)) / count);

  return {
    ...names,
    exact: false,
    bytesPerPosition: (width) => f16.bytesPerPosition(width),
    messageBytes: (count, width) => {
      const rank = rankOf(count, width);
      return rank === 0 ? count * f16.bytesPerPosition(width) : factorBytes(rank, count, width);
    },
    // What a projection leaves is no longer than the whole; the rest is the rounding of both factors.
    errorBound: (largest, width) => {
      const norm = largest * Math.sqrt(width);
      return norm > F16_MAX ? Infinity : norm * (1 + 2 ** -9) + width * 2 ** -24;
    },
    encode(values, count, width) {
      requireValues(values, count, width);
      const rank = rankOf(count, width);
      if (rank === 0) return f16.encode(values, count, width);
      const bytes = new Uint8Array(factorBytes(rank, count, width));
      bytes.set(new Uint8Array(toHalves(factorsOf(values, count, width, rank)).buffer));
      return bytes;
    },
    decode(bytes, count, width) {
      const rank = rankOf(count, width);
      if (rank === 0)
        return checkBytes(bytes, count * f16.bytesPerPosition(width), names.name) ?? f16.decode(bytes, count, width);
      const wrong = checkBytes(bytes, factorBytes(rank, count, width), names.name);
      if (wrong !== null) return wrong;
      const factors = Float64Array.from(
        fromHalves(new Uint16Array(bytes.slice(0, F16_BYTES * rank * (count + width)).buffer)),
      );
      return ok(productOf(factors, count, width, rank));
    },
  };
}

export const lowRank2 = lowRank({
  name: "lowrank-2",
  summary: "a message as two low-rank factors in float16, half its bytes; very few positions, as in decode, as float16",
  divisor: 2,
});
export const lowRank4 = lowRank({
  name: "lowrank-4",
  summary:
    "a message as two low-rank factors in float16, a quarter of its bytes; very few positions, as in decode, as float16",
  divisor: 4,
});

/**
 * A [count, rank], then V [rank, width]. The row in A of a position with anything but finite numbers is NaN;
 * the other rows are as without it.
 */
function factorsOf(values: Float32Array, count: number, width: number, rank: number): Float32Array {
  const rows = new Float64Array(Math.ceil(count / ABREAST) * ABREAST * width);
  rows.set(values);
  const faulty = Array.from({ length: count }, (_, position) => position).filter((position) =>
    Number.isNaN(largestOf(values, position * width, width)),
  );
  for (const position of faulty) rows.fill(0, position * width, (position + 1) * width);
  const { basis, along } = mainDirections(rows, width, rank);
  for (const position of faulty) along.fill(NaN, position * rank, (position + 1) * rank);
  const factors = new Float32Array(rank * (count + width));
  factors.set(along.subarray(0, count * rank));
  factors.set(basis, count * rank);
  return factors;
}

/** A V [count, width], from both factors in a row. */
function productOf(factors: Float64Array, count: number, width: number, rank: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count * width);
  for (let position = 0; position < count; position++) {
    const sum = new Float64Array(width);
    for (let k = 0; k < rank; k++)
      addTimes(sum, 0, factors[position * rank + k] ?? 0, factors, count * rank + k * width, width);
    values.set(sum, position * width);
  }
  return values;
}

/** Positions that are read at once, which takes half the time of one by one. */
const ABREAST = 4;

/**
 * Of `rows` [n, width], n a multiple of ABREAST: an orthonormal basis [rank, width] of nearly the most energy that so
 * many directions can hold, and each row's share along it [n, rank].
 */
function mainDirections(
  rows: Float64Array,
  width: number,
  rank: number,
): { readonly basis: Float64Array; readonly along: Float64Array } {
  let basis = Float64Array.from({ length: rank * width }, (_, at) => (noiseHash(rank, at) < 2 ** 31 ? -1 : 1));
  for (let round = 0; ; round++) {
    orthonormalise(basis, width);
    const along = project(rows, basis, width, rank);
    if (round === ROUNDS) return { basis, along };
    basis = gather(rows, along, width, rank);
  }
}

/** rows · basisᵀ [n, rank]. */
function project(rows: Float64Array, basis: Float64Array, width: number, rank: number): Float64Array<ArrayBuffer> {
  const along = new Float64Array((rows.length / width) * rank);
  for (let row = 0, at = 0; row < rows.length; row += ABREAST * width, at += ABREAST * rank) {
    for (let k = 0; k < rank; k++) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let i = 0; i < width; i++) {
        const value = basis[k * width + i] ?? 0;
        a += value * (rows[row + i] ?? 0);
        b += value * (rows[row + width + i] ?? 0);
        c += value * (rows[row + 2 * width + i] ?? 0);
        d += value * (rows[row + 3 * width + i] ?? 0);
      }
      along[at + k] = a;
      along[at + rank + k] = b;
      along[at + 2 * rank + k] = c;
      along[at + 3 * rank + k] = d;
    }
  }
  return along;
}

/** alongᵀ · rows [rank, width]. */
function gather(rows: Float64Array, along: Float64Array, width: number, rank: number): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(rank * width);
  for (let row = 0, at = 0; row < rows.length; row += ABREAST * width, at += ABREAST * rank) {
    for (let k = 0; k < rank; k++) {
      const a = along[at + k] ?? 0;
      const b = along[at + rank + k] ?? 0;
      const c = along[at + 2 * rank + k] ?? 0;
      const d = along[at + 3 * rank + k] ?? 0;
      for (let i = 0; i < width; i++) {
        const sum =
          a * (rows[row + i] ?? 0) +
          b * (rows[row + width + i] ?? 0) +
          c * (rows[row + 2 * width + i] ?? 0) +
          d * (rows[row + 3 * width + i] ?? 0);
        sums[k * width + i] = (sums[k * width + i] ?? 0) + sum;
      }
    }
  }
  return sums;
}

/**
 * Gram-Schmidt over rows of `width`, in place, each twice (Kahan's "twice is enough"): a row that the second pass
 * still shortens by half was in the span of those before it, and becomes 0.
 */
function orthonormalise(basis: Float64Array, width: number): void {
  for (let start = 0; start < basis.length; start += width) {
    const clear = (): number => {
      for (let before = 0; before < start; before += width)
        addTimes(basis, start, -dot(basis, start, basis, before, width), basis, before, width);
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
function addTimes(
  to: Float64Array,
  toStart: number,
  factor: number,
  from: Float64Array,
  fromStart: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[toStart + i] = (to[toStart + i] ?? 0) + factor * (from[fromStart + i] ?? 0);
}
