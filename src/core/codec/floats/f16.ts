/**
 * IEEE binary16: 1 sign bit, 5 exponent bits, 10 mantissa bits. Rounded to nearest, ties to even;
 * subnormals kept, overflow to infinity, NaN stays NaN. Own conversion, because Float16Array is
 * not in every engine that we run on; decoding is a table of all 65,536 values.
 */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { checkBytes, requireValues } from "../lengths.ts";

const F16_MAX = 65504;
const HALF_ULP = 2 ** -11; // relative, of a normal number
const HALF_SUBNORMAL = 2 ** -25;

export const f16: Codec = {
  name: "f16",
  summary: "16-bit floats, half the bytes",
  exact: false,
  bytesPerPosition: (width) => width * 2,
  errorBound: (largest) => (largest > F16_MAX ? Infinity : Math.max(largest * HALF_ULP, HALF_SUBNORMAL)),
  encode(values, count, width) {
    requireValues(values, count, width);
    return new Uint8Array(toHalves(values).buffer);
  },
  decode(bytes, count, width) {
    return checkBytes(bytes, count * width * 2, "f16") ?? ok(fromHalves(new Uint16Array(bytes.slice().buffer)));
  },
};

export function toHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index++) halves[index] = halfOf(bits[index] ?? 0);
  return halves;
}

/** The half nearest to the float32 with these bits. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00); // 65536 and up, or NaN
  if (magnitude < 0x38800000) return sign | subnormalOf(magnitude); // below 2^-14
  // Half of what is dropped, less one where the kept part is even: the carry rounds, also up to infinity.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

function subnormalOf(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23); // from units of the float's last place to 2^-24
  if (shift > 24) return 0;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const dropped = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + (dropped > half || (dropped === half && (kept & 1) === 1) ? 1 : 0);
}

let table: Float32Array | null = null;

export function fromHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  table ??= Float32Array.from({ length: 65536 }, (_, half) => valueOfHalf(half));
  const values = new Float32Array(halves.length);
  for (let index = 0; index < values.length; index++) values[index] = table[halves[index] ?? 0] ?? 0;
  return values;
}

function valueOfHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}
