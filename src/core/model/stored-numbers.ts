/**
 * Stored weights as float64 numbers, for the reference: exact for float16 and bfloat16, which are
 * subsets of float32. Sources: IEEE 754-2019 binary16; bfloat16 is the upper half of a binary32.
 */
import type { StoredType } from "./architecture.ts";

/** `bytes` hold little-endian numbers of `type`. */
export function storedNumbers(type: StoredType, bytes: Uint8Array): Float64Array {
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

export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

export function brainToNumber(bits: number): number {
  scratch.setUint32(0, bits * 0x10000);
  return scratch.getFloat32(0);
}
