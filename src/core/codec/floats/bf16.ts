/**
 * bfloat16: the upper half of a float32, so all of its range and 8 bits of its precision. Rounded
 * to nearest, ties to even; overflow to infinity, NaN stays NaN.
 * Source: Kalamkar et al., A Study of BFLOAT16 for Deep Learning Training, 2019.
 */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { checkBytes, requireValues } from "../lengths.ts";

const BF16_MAX = 3.3895313892515355e38;
const HALF_ULP = 2 ** -8; // relative, of a normal number
const HALF_SUBNORMAL = 2 ** -134;

export const bf16: Codec = {
  name: "bf16",
  summary: "bfloat16, half the bytes, float32's range",
  exact: false,
  bytesPerPosition: (width) => width * 2,
  errorBound: (largest) => (largest > BF16_MAX ? Infinity : Math.max(largest * HALF_ULP, HALF_SUBNORMAL)),
  encode(values, count, width) {
    requireValues(values, count, width);
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const halves = new Uint16Array(bits.length);
    for (let at = 0; at < halves.length; at++) halves[at] = nearestUpperHalf(bits[at] ?? 0);
    return new Uint8Array(halves.buffer);
  },
  decode(bytes, count, width) {
    return checkBytes(bytes, count * width * 2, "bf16") ?? ok(fromUpperHalves(new Uint16Array(bytes.slice().buffer)));
  },
};

function nearestUpperHalf(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // NaN, kept quiet
  return ((bits >>> 0) + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The bfloat16 at or above each value, none of which may be negative: a scale that must cover what it scales. NaN stays NaN. */
export function upperHalvesAbove(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (each) => (each > 0x7f800000 ? 0x7fc0 : (each + 0xffff) >>> 16));
}

export function fromUpperHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let at = 0; at < bits.length; at++) bits[at] = (halves[at] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}
