/**
 * Numbers to blocks of 32 with a scale each, without data to calibrate by. Of eight bits the scale is that of the
 * largest number; of four bits it is searched: among scales around that one, each with the least squares' own for the
 * codes that it gives, the one with the least squared error.
 * Source: ggml-org/ggml, ggml-quants.c (quantize_row_q8_0_ref, make_qx_quants), whose layouts these are.
 */
import { toHalves } from "../codec/floats/f16.ts";
import { halfToNumber } from "./half-numbers.ts";
import { BLOCK } from "./packed-blocks.ts";

export type QuantisedType = "Q4_0" | "Q8_0";

/** Of each type, the bytes of a block and what writes one from 32 numbers that begin at `from`. */
const WRITERS: {
  readonly [T in QuantisedType]: {
    readonly bytes: number;
    readonly write: (values: Float32Array, from: number, into: DataView, at: number) => void;
  };
} = {
  Q4_0: { bytes: 18, write: writeFour },
  Q8_0: { bytes: 34, write: writeEight },
};

/** `values`: whole blocks, finite. */
export function quantise(type: QuantisedType, values: Float32Array): Uint8Array {
  const { bytes, write } = WRITERS[type];
  const result = new Uint8Array((values.length / BLOCK) * bytes);
  const into = new DataView(result.buffer);
  for (let from = 0, at = 0; from < values.length; from += BLOCK, at += bytes) write(values, from, into, at);
  return result;
}

function writeEight(values: Float32Array, from: number, into: DataView, at: number): void {
  const scale = putHalf(into, at, Math.abs(largestOf(values, from)) / 127);
  for (let i = 0; i < BLOCK; i++)
    into.setInt8(at + 2 + i, scale === 0 ? 0 : clamp(Math.round((values[from + i] ?? 0) / scale), -128, 127));
}

/** How far around the first scale others are tried, in tenths of a code. */
const TRIED = 9;

function writeFour(values: Float32Array, from: number, into: DataView, at: number): void {
  const largest = largestOf(values, from);
  const tries = Array.from({ length: 2 * TRIED + 1 }, (_, i) => fitted(values, from, largest / ((TRIED - i) / 10 - 8)));
  const best = tries.reduce((one, other) => (other.gain > one.gain ? other : one));
  const scale = putHalf(into, at, best.scale);
  for (let i = 0; i < BLOCK / 2; i++) {
    const code = (place: number): number => fourBits(values[from + place] ?? 0, scale) + 8;
    into.setUint8(at + 2 + i, code(i) | (code(i + BLOCK / 2) << 4));
  }
}

/** The best scale for the codes that `scale` gives, and how much of the squares' sum it takes away. */
function fitted(values: Float32Array, from: number, scale: number): { readonly scale: number; readonly gain: number } {
  let [both, squares] = [0, 0];
  for (let i = from; i < from + BLOCK; i++) {
    const code = fourBits(values[i] ?? 0, scale);
    both += code * (values[i] ?? 0);
    squares += code * code;
  }
  return squares === 0 ? { scale: 0, gain: 0 } : { scale: both / squares, gain: (both * both) / squares };
}

const fourBits = (value: number, scale: number): number => (scale === 0 ? 0 : clamp(Math.round(value / scale), -8, 7));

/** With its sign. */
function largestOf(values: Float32Array, from: number): number {
  let largest = 0;
  for (let i = from; i < from + BLOCK; i++) if (Math.abs(values[i] ?? 0) > Math.abs(largest)) largest = values[i] ?? 0;
  return largest;
}

/** The number that float16 has of it. */
function putHalf(into: DataView, at: number, value: number): number {
  const [half = 0] = toHalves(Float32Array.of(value));
  into.setUint16(at, half, true);
  return halfToNumber(half);
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
