/**
 * Numbers that a file stores in a way that no runtime reads: they become float32 when they are read.
 * Of float64 that rounds; the others are exact. Source: Micikevicius et al. 2022 (FP8 formats), E4M3
 * as "fn": no infinities, S.1111.111 is NaN.
 */

import { brainToNumber, halfToNumber } from "./half-numbers.ts";

/** Blocks of so many numbers in so many bytes each. */
export interface Encoding {
  readonly name: string;
  readonly values: number;
  readonly bytes: number;
  /** All blocks of `from`, into as many numbers. */
  readonly decode: (from: Uint8Array, into: Float32Array) => void;
}

/** Of single numbers. */
const numbers = (name: string, bytes: number, read: (view: DataView, at: number) => number): Encoding => ({
  name,
  values: 1,
  bytes,
  decode(from, into) {
    const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
    for (let i = 0; i < into.length; i++) into[i] = read(view, i * bytes);
  },
});

/** A byte of sign, exponent and `fraction` bits; `special` says what the code without its sign is, where it is no such number. */
function eightBits(name: string, fraction: number, bias: number, special: (code: number) => number | null): Encoding {
  const table = Float32Array.from({ length: 256 }, (_, byte) => {
    const [sign, code] = [byte < 128 ? 1 : -1, byte & 127];
    const [exponent, rest] = [code >> fraction, (code & ((1 << fraction) - 1)) / (1 << fraction)];
    const usual = exponent === 0 ? rest * 2 ** (1 - bias) : (1 + rest) * 2 ** (exponent - bias);
    return sign * (special(code) ?? usual);
  });
  return numbers(name, 1, (view, at) => table[view.getUint8(at)] ?? Number.NaN);
}

/** These runtimes read as they are; where their numbers have to be arranged they become float32 as well. */
export const HALF_ENCODINGS = {
  F16: numbers("F16", 2, (view, at) => halfToNumber(view.getUint16(at, true))),
  BF16: numbers("BF16", 2, (view, at) => brainToNumber(view.getUint16(at, true))),
} as const;

export const F64 = numbers("F64", 8, (view, at) => view.getFloat64(at, true));
export const F8_E4M3 = eightBits("F8_E4M3", 3, 7, (code) => (code === 127 ? Number.NaN : null));
export const F8_E5M2 = eightBits("F8_E5M2", 2, 15, (code) =>
  code < 124 ? null : code === 124 ? Infinity : Number.NaN,
);
