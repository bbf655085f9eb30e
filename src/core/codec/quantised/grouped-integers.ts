/**
 * Integers with a scale per group of neighbouring values: codes in [-levels, levels], scale = the
 * group's largest magnitude / levels, rounded up to bfloat16 so that no code overflows. One
 * outlier then spoils the resolution of its own group only. First the scales [count, groups]
 * uint16, then the codes, position by position; two 4-bit codes share a byte, the earlier one low.
 * A group that holds anything but finite numbers decodes to NaN throughout.
 */
import { ok } from "../../run/failure.ts";
import { fromUpperHalves, upperHalvesAbove } from "../floats/bf16.ts";
import type { Codec } from "../codec.ts";
import { checkBytes, requireValues } from "../lengths.ts";
import { largestOf } from "../magnitude.ts";
import { packNibbles, unpackNibbles } from "./nibbles.ts";

const SCALE_ULP = 2 ** -7; // of bfloat16, relative
const SCALE_SUBNORMAL = 2 ** -133;
const NEAR_FLOAT_MAX = 3.37e38; // beyond it the scale rounded up times the largest code can overflow

interface Grouping {
  readonly name: string;
  readonly summary: string;
  readonly bits: 8 | 4;
  /** Values that share a scale; Infinity for one scale a position. */
  readonly group: number;
}

/** How values [count, width] fall into groups: so many a position, the last perhaps shorter than `size`. */
interface Grid {
  readonly count: number;
  readonly width: number;
  readonly size: number;
  readonly groups: number;
}

export function groupedIntegers({ bits, group, ...names }: Grouping): Codec {
  const levels = bits === 8 ? 127 : 7;
  const groupsOf = (width: number): number => (group === Infinity ? 1 : Math.ceil(width / group));
  const codeBytes = (width: number): number => Math.ceil((width * bits) / 8);
  const bytesPerPosition = (width: number): number => 2 * groupsOf(width) + codeBytes(width);
  const gridOf = (count: number, width: number): Grid => ({
    count,
    width,
    size: Math.min(group, width),
    groups: groupsOf(width),
  });

  return {
    ...names,
    exact: false,
    bytesPerPosition,
    errorBound: (largest) =>
      largest > NEAR_FLOAT_MAX
        ? Infinity
        : (largest / levels) * (0.5 + SCALE_ULP) + largest * 2 ** -22 + levels * SCALE_SUBNORMAL,
    encode(values, count, width) {
      requireValues(values, count, width);
      const grid = gridOf(count, width);
      const scales = upperHalvesAbove(leastScales(values, grid, levels));
      const codes = codesOf(values, fromUpperHalves(scales), grid, levels);
      const bytes = new Uint8Array(count * bytesPerPosition(width));
      bytes.set(new Uint8Array(scales.buffer));
      bytes.set(bits === 8 ? new Uint8Array(codes.buffer) : packNibbles(codes, count, width), scales.byteLength);
      return bytes;
    },
    decode(bytes, count, width) {
      const wrong = checkBytes(bytes, count * bytesPerPosition(width), names.name);
      if (wrong !== null) return wrong;
      const scaleBytes = 2 * count * groupsOf(width);
      const stored = bytes.subarray(scaleBytes);
      const codes =
        bits === 8
          ? new Int8Array(stored.buffer, stored.byteOffset, stored.byteLength)
          : unpackNibbles(stored, count, width);
      const scales = fromUpperHalves(new Uint16Array(bytes.slice(0, scaleBytes).buffer));
      return ok(valuesOf(codes, scales, gridOf(count, width)));
    },
  };
}

/** Per group the scale that its largest value needs, not yet rounded [count, groups]. */
const leastScales = (values: Float32Array, { count, width, size, groups }: Grid, levels: number): Float32Array =>
  Float32Array.from({ length: count * groups }, (_, index) => {
    const start = (index % groups) * size;
    const position = Math.floor(index / groups);
    return largestOf(values, position * width + start, Math.min(size, width - start)) / levels;
  });

function codesOf(
  values: Float32Array,
  scales: Float32Array,
  { count, width, size, groups }: Grid,
  levels: number,
): Int8Array<ArrayBuffer> {
  const perUnit = Float64Array.from(scales, (scale) => (scale > 0 ? 1 / scale : 0));
  const codes = new Int8Array(count * width);
  for (let position = 0; position < count; position++) {
    for (let at = 0; at < width; at++) {
      const unit = perUnit[position * groups + Math.floor(at / size)] ?? 0;
      const code = Math.round((values[position * width + at] ?? 0) * unit);
      codes[position * width + at] = Math.max(-levels, Math.min(levels, code));
    }
  }
  return codes;
}

function valuesOf(
  codes: Int8Array,
  scales: Float32Array,
  { count, width, size, groups }: Grid,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count * width);
  for (let at = 0; at < values.length; at++) {
    const scale = scales[Math.floor(at / width) * groups + Math.floor((at % width) / size)] ?? 0;
    values[at] = (codes[at] ?? 0) * scale;
  }
  return values;
}
