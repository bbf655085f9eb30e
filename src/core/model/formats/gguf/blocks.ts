/**
 * GGUF's quantised blocks to float32, each step rounded as ggml rounds it, so that the numbers are the
 * same to the last bit. A block of 32 has a scale d and maybe a minimum m in float16; a block of 256 ("K")
 * has 8 or 16 parts with small scales of their own.
 * Source: ggml-org/ggml, ggml-quants.c (dequantize_row_*), whose layouts these are.
 */
import type { BlockType } from "../../stored-type.ts";
import type { Encoding } from "../../encodings.ts";
import { halfToNumber } from "../../half-numbers.ts";

const { fround } = Math;

/** Writes the numbers of the block at byte `at`, from `into[to]` on. */
type DecodeBlock = (from: Uint8Array, at: number, into: Float32Array, to: number) => void;

const blocks = (name: string, values: number, bytes: number, decodeBlock: DecodeBlock): Encoding => ({
  name,
  values,
  bytes,
  decode(from, into) {
    const count = into.length / values;
    for (let block = 0; block < count; block++) decodeBlock(from, block * bytes, into, block * values);
  },
});

const HALVES = Float32Array.from({ length: 1 << 16 }, (_, bits) => halfToNumber(bits));
const u8 = (from: Uint8Array, at: number): number => from[at] ?? 0;
const i8 = (from: Uint8Array, at: number): number => (u8(from, at) << 24) >> 24;
const u16 = (from: Uint8Array, at: number): number => u8(from, at) | (u8(from, at + 1) << 8);
const half = (from: Uint8Array, at: number): number => HALVES[u16(from, at)] ?? 0;

/** 32 codes of four bits: the low halves of 16 bytes, then the high ones; each d · (code - offset). */
const Q4_0 = blocks("Q4_0", 32, 18, (from, at, into, to) => {
  const d = half(from, at);
  for (let i = 0; i < 16; i++) {
    const pair = u8(from, at + 2 + i);
    into[to + i] = d * ((pair & 15) - 8);
    into[to + i + 16] = d * ((pair >> 4) - 8);
  }
});

/** d · code + m. */
const Q4_1 = blocks("Q4_1", 32, 20, (from, at, into, to) => {
  const [d, m] = [half(from, at), half(from, at + 2)];
  for (let i = 0; i < 16; i++) {
    const pair = u8(from, at + 4 + i);
    into[to + i] = fround(d * (pair & 15)) + m;
    into[to + i + 16] = fround(d * (pair >> 4)) + m;
  }
});

/** The fifth bits of all 32 codes are four bytes before the others. */
const fiveBits = (from: Uint8Array, at: number, i: number): number => {
  const pair = u8(from, at + 4 + (i & 15));
  const fifth = (u8(from, at + (i >> 3)) >> (i & 7)) & 1;
  return (i < 16 ? pair & 15 : pair >> 4) | (fifth << 4);
};

const Q5_0 = blocks("Q5_0", 32, 22, (from, at, into, to) => {
  const d = half(from, at);
  for (let i = 0; i < 32; i++) into[to + i] = d * (fiveBits(from, at + 2, i) - 16);
});

const Q5_1 = blocks("Q5_1", 32, 24, (from, at, into, to) => {
  const [d, m] = [half(from, at), half(from, at + 2)];
  for (let i = 0; i < 32; i++) into[to + i] = fround(d * fiveBits(from, at + 4, i)) + m;
});

const Q8_0 = blocks("Q8_0", 32, 34, (from, at, into, to) => {
  const d = half(from, at);
  for (let i = 0; i < 32; i++) into[to + i] = d * i8(from, at + 2 + i);
});

/** Scale and minimum of part `j` of 8, six bits each, packed in 12 bytes. */
function scaleAndMinimum(from: Uint8Array, at: number, j: number): readonly [number, number] {
  if (j < 4) return [u8(from, at + j) & 63, u8(from, at + j + 4) & 63];
  const low = u8(from, at + j + 4);
  return [(low & 15) | ((u8(from, at + j - 4) >> 6) << 4), (low >> 4) | ((u8(from, at + j) >> 6) << 4)];
}

/** Eight parts of 32, two of them sharing 32 bytes; `high` says what is added to the code of number i of part j. */
function parts(
  from: Uint8Array,
  { scales, codes }: { readonly scales: number; readonly codes: number },
  high: (part: number, i: number) => number,
  [d, minimum]: readonly [number, number],
  into: Float32Array,
  to: number,
): void {
  for (let part = 0; part < 8; part++) {
    const [scale, least] = scaleAndMinimum(from, scales, part);
    const [step, m] = [fround(d * scale), fround(minimum * least)];
    for (let i = 0; i < 32; i++) {
      const pair = u8(from, codes + (part >> 1) * 32 + i);
      const code = (part % 2 === 0 ? pair & 15 : pair >> 4) + high(part, i);
      into[to + part * 32 + i] = fround(step * code) - m;
    }
  }
}

const Q4_K = blocks("Q4_K", 256, 144, (from, at, into, to) => {
  const ends = [half(from, at), half(from, at + 2)] as const;
  parts(from, { scales: at + 4, codes: at + 16 }, () => 0, ends, into, to);
});

const Q5_K = blocks("Q5_K", 256, 176, (from, at, into, to) => {
  const ends = [half(from, at), half(from, at + 2)] as const;
  const fifth = (part: number, i: number): number => ((u8(from, at + 16 + i) >> part) & 1) << 4;
  parts(from, { scales: at + 4, codes: at + 48 }, fifth, ends, into, to);
});

/** 16 parts of 16; a code's low four bits and its high two lie apart. */
const Q6_K = blocks("Q6_K", 256, 210, (from, at, into, to) => {
  const d = half(from, at + 208);
  for (let i = 0; i < 256; i++) {
    const [side, rest] = [i >> 7, i & 127]; // two sides of 128, each four rows of 32
    const [row, column] = [rest >> 5, rest & 31];
    const pair = u8(from, at + side * 64 + (row & 1) * 32 + column);
    const low = row < 2 ? pair & 15 : pair >> 4;
    const high = (u8(from, at + 128 + side * 32 + column) >> (2 * row)) & 3;
    into[to + i] = fround(d * i8(from, at + 192 + (i >> 4))) * ((low | (high << 4)) - 32);
  }
});

export const BLOCKS: { readonly [T in BlockType]: Encoding } = { Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K };
