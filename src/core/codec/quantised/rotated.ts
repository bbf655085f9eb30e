/**
 * A random rotation, then very few levels. Turned by signs and a Hadamard transform, a position's
 * values are nearly normal whatever they were, outliers spread evenly; the best quantiser for
 * normal values then has known levels (Max 1960), and the one scale that travels is chosen so that
 * the decoded vector is as near as it gets. A width that is no power of two is turned in pieces
 * that are. Per position a float32 scale for each piece, then the codes.
 * Source: Vargaftik et al., EDEN, ICML 2022 (DRIVE, NeurIPS 2021, for one bit). The rotation makes
 * it outlier-proof as in Ashkboos et al., QuaRot, NeurIPS 2024.
 */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { checkBytes, requireValues } from "../lengths.ts";

/** Levels for unit-variance normal values, and the boundaries between them. Source: J. Max, Quantizing for minimum distortion, 1960, table 1. */
const QUANTISERS = {
  2: { levels: [-0.7979, 0.7979], bounds: [0] },
  3: { levels: [-1.224, 0, 1.224], bounds: [-0.612, 0.612] },
  4: { levels: [-1.51, -0.4528, 0.4528, 1.51], bounds: [-0.9816, 0, 0.9816] },
} as const;

/** Codes of so many levels that fit one byte. */
const PER_BYTE = { 2: 8, 3: 5, 4: 4 } as const;

interface Rotation {
  readonly name: string;
  readonly summary: string;
  readonly levels: 2 | 3 | 4;
}

function rotated({ levels, ...names }: Rotation): Codec {
  const perByte = PER_BYTE[levels];
  const places = Uint8Array.from({ length: perByte }, (_, place) => levels ** place);
  const values = Float64Array.from(QUANTISERS[levels].levels);
  const bytesPerPosition = (width: number): number => 4 * piecesOf(width).length + Math.ceil(width / perByte);

  return {
    ...names,
    exact: false,
    bytesPerPosition,
    // What is decoded is the projection of the whole onto a direction: the error is no longer than the vector.
    errorBound: (largest, width) => {
      const norm = largest * Math.sqrt(width);
      return norm / SMALLEST_LEVEL > FLOAT_MAX ? Infinity : norm * (1 + 2 ** -20) + width * FLOAT_SUBNORMAL;
    },
    encode(given, count, width) {
      requireValues(given, count, width);
      const pieces = piecesOf(width);
      const signs = signsOf(width);
      const bytes = new Uint8Array(count * bytesPerPosition(width));
      for (let position = 0; position < count; position++) {
        const turned = turn(Float64Array.from(given.subarray(position * width, (position + 1) * width)), pieces, signs);
        const { codes, scales } = quantise(turned, pieces, levels);
        const at = position * bytesPerPosition(width);
        bytes.set(new Uint8Array(scales.buffer), at);
        packDigits(codes, places, bytes.subarray(at + scales.byteLength));
      }
      return bytes;
    },
    decode(bytes, count, width) {
      const wrong = checkBytes(bytes, count * bytesPerPosition(width), names.name);
      if (wrong !== null) return wrong;
      const pieces = piecesOf(width);
      const signs = signsOf(width);
      const decoded = new Float32Array(count * width);
      for (let position = 0; position < count; position++) {
        const stored = bytes.slice(position * bytesPerPosition(width), (position + 1) * bytesPerPosition(width));
        const scales = new Float32Array(stored.buffer, 0, pieces.length);
        const turned = digitsIn(stored.subarray(scales.byteLength), places, values, width);
        pieces.forEach(({ start, length }, nth) => scale(turned.subarray(start, start + length), scales[nth] ?? 0));
        decoded.set(turnBack(turned, pieces, signs), position * width);
      }
      return ok(decoded);
    },
  };
}

export const rot2b = rotated({
  name: "rot-2b",
  summary: "randomly rotated, then 2 bits a value",
  levels: 4,
});
export const rot1p6b = rotated({
  name: "rot-1.6b",
  summary: "randomly rotated, then 3 levels, 1.6 bits a value",
  levels: 3,
});
export const rot1b = rotated({
  name: "rot-1b",
  summary: "randomly rotated, then only signs, 1 bit a value",
  levels: 2,
});

/** Codes as the digits of bytes, the first the lowest: `places` are what each digit of a byte counts for. */
function packDigits(codes: Uint8Array, places: Uint8Array, into: Uint8Array): void {
  for (let index = 0; index < codes.length; index++) {
    const slot = Math.floor(index / places.length);
    into[slot] = (into[slot] ?? 0) + (codes[index] ?? 0) * (places[index % places.length] ?? 0);
  }
}

/** For each of `width` digits the value that it stands for. */
function digitsIn(stored: Uint8Array, places: Uint8Array, values: Float64Array, width: number): Float64Array {
  const found = new Float64Array(width);
  for (let index = 0; index < width; index++) {
    const byte = stored[Math.floor(index / places.length)] ?? 0;
    found[index] = values[Math.floor(byte / (places[index % places.length] ?? 1)) % values.length] ?? 0;
  }
  return found;
}

/** A scale is at most the vector's norm over it. */
const SMALLEST_LEVEL = 0.4528;
const FLOAT_MAX = 3.4028234663852886e38;
const FLOAT_SUBNORMAL = 2 ** -149;

interface Piece {
  readonly start: number;
  readonly length: number;
}

/** The powers of two that a width is the sum of, largest first. */
function piecesOf(width: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < width;) {
    const length = 2 ** Math.floor(Math.log2(width - start));
    pieces.push({ start, length });
    start += length;
  }
  return pieces;
}

/** Codes [width], and per piece the scale s that minimises |x - s q|: <x, q> / <q, q>. */
function quantise(
  turned: Float64Array,
  pieces: readonly Piece[],
  levels: 2 | 3 | 4,
): { readonly codes: Uint8Array; readonly scales: Float32Array<ArrayBuffer> } {
  const { levels: values, bounds } = QUANTISERS[levels];
  const codes = new Uint8Array(turned.length);
  const scales = Float32Array.from(pieces, ({ start, length }) => {
    const deviation = Math.sqrt(squareOf(turned.subarray(start, start + length)) / length);
    let along = 0;
    let square = 0;
    for (let index = start; index < start + length; index++) {
      const value = turned[index] ?? 0;
      let code = 0;
      for (const bound of bounds) if (value > bound * deviation) code++;
      const level = values[code] ?? 0;
      codes[index] = code;
      along += value * level;
      square += level * level;
    }
    return Number.isFinite(deviation) ? (square > 0 ? along / square : 0) : NaN;
  });
  return { codes, scales };
}

function squareOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** Signs, then the orthonormal Hadamard transform, in place. */
function turn(values: Float64Array, pieces: readonly Piece[], signs: Int8Array): Float64Array {
  flip(values, signs);
  for (const { start, length } of pieces) hadamard(values.subarray(start, start + length));
  return values;
}

/** The transform is its own inverse, and so are the signs. */
function turnBack(values: Float64Array, pieces: readonly Piece[], signs: Int8Array): Float64Array {
  for (const { start, length } of pieces) hadamard(values.subarray(start, start + length));
  flip(values, signs);
  return values;
}

function hadamard(values: Float64Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let from = 0; from < values.length; from += 2 * half) {
      for (let index = from; index < from + half; index++) {
        const a = values[index] ?? 0;
        const b = values[index + half] ?? 0;
        values[index] = a + b;
        values[index + half] = a - b;
      }
    }
  }
  scale(values, 1 / Math.sqrt(values.length));
}

function scale(values: Float64Array, by: number): void {
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * by;
}

function flip(values: Float64Array, signs: Int8Array): void {
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * (signs[index] ?? 1);
}

/** The same on both tiers: the top bit of MurmurHash3's finaliser over the index. */
function signsOf(width: number): Int8Array {
  return Int8Array.from({ length: width }, (_, index) => {
    let h = index + 1;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) < 0 ? -1 : 1;
  });
}
