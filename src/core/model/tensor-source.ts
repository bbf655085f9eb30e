/** Which bytes of a file a part of a tensor is made from, and how: most are the tensor's own, others have to be decoded. */
import type { LocatedTensor } from "./formats/format.ts";

export interface TensorSource {
  /** The file's bytes [from, to). */
  readonly from: number;
  readonly to: number;
  /** The part out of those bytes; null where they are the part. */
  readonly make: ((bytes: Uint8Array) => Uint8Array) | null;
}

/** Of the tensor's bytes [from, to). What is arranged anew is read whole. */
export function sourceOf(tensor: LocatedTensor, from: number, to: number): TensorSource {
  const { encoding, arrange, offset } = tensor;
  if (encoding === undefined && arrange === undefined) return { from: offset + from, to: offset + to, make: null };
  const { values, bytes, decode } = encoding ?? FLOATS;
  const blockBytes = 4 * values;
  const first = arrange === undefined ? Math.floor(from / blockBytes) : 0;
  const last = arrange === undefined ? Math.ceil(to / blockBytes) : tensor.bytes / blockBytes;
  return {
    from: offset + first * bytes,
    to: offset + last * bytes,
    make(source) {
      const decoded = new Float32Array((last - first) * values);
      decode(source, decoded);
      const { buffer } = arrange === undefined ? decoded : arrange(decoded);
      return new Uint8Array(buffer, from - first * blockBytes, to - from);
    },
  };
}

/** Float32 as it is. */
const FLOATS = {
  values: 1,
  bytes: 4,
  decode: (from: Uint8Array, into: Float32Array): void => new Uint8Array(into.buffer).set(from),
};
