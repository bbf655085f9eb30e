/**
 * A matrix in blocks as onnxruntime's kernels take it: all codes, then all scales, then what is added to all numbers of
 * a block. A code of four bits stands for itself less 8, so that W = scale · (code - 8) + offset. A type of eight bits is
 * two matrices of four side by side, 16 · high + low, since the kernel for eight computes exactly only at many times the
 * cost; so each row has the blocks of the high halves, then those of the low ones.
 * Source: onnxruntime contrib operators, MatMulNBits; types as in formats/gguf/blocks.ts.
 */
import type { BlockType } from "./stored-type.ts";
import { halfToNumber } from "./half-numbers.ts";

/** Numbers of a row that share a scale. */
export const BLOCK = 32;
const CODE_BYTES = BLOCK / 2;

export interface PackedForm {
  /** Matrices of four bits. */
  readonly planes: 1 | 2;
  readonly offsets: boolean;
}

/** A block as it is stored: `write` puts its 32 codes, and gives the scale and what is added beside scale · (code - centre). */
interface Reading {
  readonly form: PackedForm;
  readonly bytes: number;
  readonly read: (from: DataView, at: number, codes: Uint8Array) => readonly [scale: number, offset: number];
}

const half = (from: DataView, at: number): number => halfToNumber(from.getUint16(at, true));

/** GGUF has the low halves of its bytes first, then the high ones. */
function nibbles(from: DataView, at: number, codes: Uint8Array): void {
  for (let i = 0; i < CODE_BYTES; i++) {
    const pair = from.getUint8(at + i);
    codes[i] = pair & 15;
    codes[i + CODE_BYTES] = pair >> 4;
  }
}

/** Null for what is decoded to float32 when it is loaded. */
const READINGS: { readonly [T in BlockType]: Reading | null } = {
  Q4_0: {
    form: { planes: 1, offsets: false },
    bytes: 18,
    read(from, at, codes) {
      nibbles(from, at + 2, codes);
      return [half(from, at), 0];
    },
  },
  Q4_1: {
    form: { planes: 1, offsets: true },
    bytes: 20,
    read(from, at, codes) {
      nibbles(from, at + 4, codes);
      const scale = half(from, at);
      return [scale, half(from, at + 2) + 8 * scale];
    },
  },
  Q8_0: {
    form: { planes: 2, offsets: true },
    bytes: 34,
    read(from, at, codes) {
      for (let i = 0; i < BLOCK; i++) codes[i] = from.getInt8(at + 2 + i) + 128;
      const scale = half(from, at);
      return [scale, 8 * scale]; // 16 (high - 8) + (low - 8) is 8 less than the number
    },
  },
  Q5_0: null,
  Q5_1: null,
  Q4_K: null,
  Q5_K: null,
  Q6_K: null,
};

export const packedForm = (type: BlockType): PackedForm | null => READINGS[type]?.form ?? null;

/** Bytes of a packed matrix of this shape; null where the type has no packed form. */
export function packedBytes(type: BlockType, shape: readonly number[]): number | null {
  const form = packedForm(type);
  return form === null ? null : packedPlaces(form, shape).bytes;
}

/** Where the parts of a packed matrix lie, in bytes from its beginning. */
export interface PackedPlaces {
  /** In a row, of one plane. */
  readonly blocks: number;
  readonly scales: number;
  readonly offsets: number;
  readonly bytes: number;
}

export function packedPlaces(
  { planes, offsets }: PackedForm,
  [rows = 0, columns = 0]: readonly number[],
): PackedPlaces {
  const blocks = columns / BLOCK;
  const scalesAt = rows * planes * blocks * CODE_BYTES;
  const offsetsAt = scalesAt + 4 * rows * planes * blocks;
  return { blocks, scales: scalesAt, offsets: offsetsAt, bytes: offsetsAt + (offsets ? 4 * rows * blocks : 0) };
}

/** `stored` are the blocks of a matrix of this shape, row after row. */
export function packBlocks(type: BlockType, shape: readonly number[], stored: Uint8Array): Uint8Array {
  const reading = READINGS[type];
  if (reading === null) throw new Error(`${type} has no packed form`);
  const { form, bytes: blockBytes, read } = reading;
  const { blocks, scales, offsets, bytes } = packedPlaces(form, shape);
  const packed = new Uint8Array(bytes);
  const floats = new DataView(packed.buffer);
  const from = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const codes = new Uint8Array(BLOCK);
  const all = (shape[0] ?? 0) * blocks;
  for (let block = 0; block < all; block++) {
    const [scale, offset] = read(from, block * blockBytes, codes);
    const first = form.planes === 1 ? block : 2 * block - (block % blocks);
    if (form.planes === 1) {
      putCodes(packed, first, codes, 0);
      floats.setFloat32(scales + 4 * first, scale, true);
    } else {
      putCodes(packed, first, codes, 4);
      putCodes(packed, first + blocks, codes, 0);
      floats.setFloat32(scales + 4 * first, 16 * scale, true);
      floats.setFloat32(scales + 4 * (first + blocks), scale, true);
    }
    if (form.offsets) floats.setFloat32(offsets + 4 * block, offset, true);
  }
  return packed;
}

/** Four bits of each code, from `shift` on, as block `block`: of two neighbours the first is in the lower half. */
function putCodes(packed: Uint8Array, block: number, codes: Uint8Array, shift: number): void {
  for (let i = 0; i < CODE_BYTES; i++) {
    const [low = 0, high = 0] = [codes[2 * i], codes[2 * i + 1]];
    packed[block * CODE_BYTES + i] = ((low >> shift) & 15) | (((high >> shift) & 15) << 4);
  }
}
