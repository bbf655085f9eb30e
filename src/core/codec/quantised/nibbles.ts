/** 4-bit codes, two to a byte, the earlier one in the lower half; every position starts on a byte of its own. */

/** `codes` [count, width], each in [-8, 7]. */
export function packNibbles(codes: Int8Array, count: number, width: number): Uint8Array<ArrayBuffer> {
  const stride = Math.ceil(width / 2);
  const bytes = new Uint8Array(count * stride);
  for (let position = 0; position < count; position++) {
    for (let at = 0; at < width; at++) {
      const slot = position * stride + (at >>> 1);
      bytes[slot] = (bytes[slot] ?? 0) | (((codes[position * width + at] ?? 0) & 15) << (4 * (at & 1)));
    }
  }
  return bytes;
}

export function unpackNibbles(bytes: Uint8Array, count: number, width: number): Int8Array {
  const stride = Math.ceil(width / 2);
  const codes = new Int8Array(count * width);
  for (let position = 0; position < count; position++) {
    for (let at = 0; at < width; at++) {
      const byte = bytes[position * stride + (at >>> 1)] ?? 0;
      codes[position * width + at] = (byte << (at & 1 ? 24 : 28)) >> 28; // the nibble's sign carried up
    }
  }
  return codes;
}
