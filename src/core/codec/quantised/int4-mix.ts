/**
 * An outlier-aware mix: the largest 32nd of a position's values as int8 with a scale of their own,
 * all the others as int4, whose scale the outliers then no longer stretch. Per position two
 * float32 scales, the outliers' indices as uint16, their codes, and 4-bit codes for every value
 * (those of the outliers unused).
 * Source: the decomposition of Dettmers et al., LLM.int8(), NeurIPS 2022, on values instead of
 * columns and two steps further down in bits.
 */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { checkBytes, requireValues } from "../lengths.ts";
import { largestIndices, largestOf } from "../magnitude.ts";
import { packNibbles, unpackNibbles } from "./nibbles.ts";

const OUTLIER_LEVELS = 127;
const LEVELS = 7;
const FLOAT_SUBNORMAL = 2 ** -149;
const NEAR_FLOAT_MAX = 3.4028e38;

const outliersOf = (width: number): number => Math.ceil(width / 32);
const nibbleBytes = (width: number): number => Math.ceil(width / 2);
const bytesPerPosition = (width: number): number => 8 + 3 * outliersOf(width) + nibbleBytes(width);

export const int4mix: Codec = {
  name: "int4-mix",
  summary: "the largest 32nd of the values in 8 bits, the others in 4",
  exact: false,
  bytesPerPosition,
  // The others are no larger than the outliers.
  errorBound: (largest) =>
    largest > NEAR_FLOAT_MAX
      ? Infinity
      : (largest / LEVELS) * 0.5 + largest * 2 ** -22 + OUTLIER_LEVELS * FLOAT_SUBNORMAL,
  encode(values, count, width) {
    requireValues(values, count, width);
    const bytes = new Uint8Array(count * bytesPerPosition(width));
    for (let position = 0; position < count; position++)
      bytes.set(
        encodePosition(values.slice(position * width, (position + 1) * width)),
        position * bytesPerPosition(width),
      );
    return bytes;
  },
  decode(bytes, count, width) {
    const wrong = checkBytes(bytes, count * bytesPerPosition(width), "int4-mix");
    if (wrong !== null) return wrong;
    const values = new Float32Array(count * width);
    for (let position = 0; position < count; position++) {
      const stored = bytes.slice(position * bytesPerPosition(width), (position + 1) * bytesPerPosition(width));
      values.set(decodePosition(stored, width), position * width);
    }
    return ok(values);
  },
};

function encodePosition(values: Float32Array): Uint8Array {
  const width = values.length;
  const bytes = new Uint8Array(bytesPerPosition(width));
  const largest = largestOf(values, 0, width);
  const indices = Number.isNaN(largest)
    ? new Uint16Array(outliersOf(width))
    : largestIndices(values, 0, width, outliersOf(width));
  const outliers = Float32Array.from(indices, (index) => values[index] ?? 0);
  const others = values.slice();
  if (!Number.isNaN(largest)) for (const index of indices) others[index] = 0;
  const scales = Float32Array.of(largest / OUTLIER_LEVELS, largestOf(others, 0, width) / LEVELS); // as they travel
  bytes.set(new Uint8Array(scales.buffer));
  bytes.set(new Uint8Array(indices.buffer), 8);
  bytes.set(new Uint8Array(codesOf(outliers, scales[0] ?? 0, OUTLIER_LEVELS).buffer), 8 + 2 * indices.length);
  bytes.set(packNibbles(codesOf(others, scales[1] ?? 0, LEVELS), 1, width), 8 + 3 * indices.length);
  return bytes;
}

function decodePosition(bytes: Uint8Array<ArrayBuffer>, width: number): Float32Array {
  const n = outliersOf(width);
  const [outlierScale = 0, scale = 0] = new Float32Array(bytes.buffer, 0, 2);
  const indices = new Uint16Array(bytes.buffer, 8, n);
  const codes = new Int8Array(bytes.buffer, 8 + 2 * n, n);
  const others = unpackNibbles(bytes.subarray(8 + 3 * n), 1, width);
  const values = new Float32Array(width);
  for (let at = 0; at < width; at++) values[at] = (others[at] ?? 0) * scale;
  if (!Number.isNaN(outlierScale)) indices.forEach((index, nth) => (values[index] = (codes[nth] ?? 0) * outlierScale));
  return values;
}

function codesOf(values: Float32Array, scale: number, levels: number): Int8Array<ArrayBuffer> {
  const perUnit = scale > 0 ? 1 / scale : 0;
  const codes = new Int8Array(values.length);
  for (let at = 0; at < codes.length; at++)
    codes[at] = Math.max(-levels, Math.min(levels, Math.round((values[at] ?? 0) * perUnit)));
  return codes;
}
