/**
 * Stored weights as float64 numbers, for the reference and for runtimes that read nothing narrower than float32. What
 * is stored is a subset of float32, or is decoded to it, so that either has the same numbers.
 */
import { isBlocks, type StoredType } from "./stored-type.ts";
import { BLOCKS } from "./formats/gguf/blocks.ts";
import { brainToNumber, halfToNumber } from "./half-numbers.ts";

/** `bytes` hold little-endian numbers of `type`. */
export function storedNumbers(type: StoredType, bytes: Uint8Array): Float64Array {
  return isBlocks(type) ? Float64Array.from(decoded(BLOCKS[type], bytes)) : numbersOf(type, bytes);
}

function numbersOf(type: "F32" | "F16" | "BF16", bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case "F32":
      return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
    case "F16":
      return Float64Array.from({ length: bytes.length / 2 }, (_, i) => halfToNumber(view.getUint16(2 * i, true)));
    case "BF16":
      return Float64Array.from({ length: bytes.length / 2 }, (_, i) => brainToNumber(view.getUint16(2 * i, true)));
  }
}

/** The same as float32, which has all of them. */
export const storedFloats = (type: StoredType, bytes: Uint8Array): Float32Array<ArrayBuffer> =>
  isBlocks(type) ? decoded(BLOCKS[type], bytes) : Float32Array.from(numbersOf(type, bytes));

function decoded({ values, bytes, decode }: (typeof BLOCKS)["Q8_0"], stored: Uint8Array): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array((stored.length / bytes) * values);
  decode(stored, numbers);
  return numbers;
}
