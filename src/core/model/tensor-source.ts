/** Which bytes of a file a part of a tensor is made from, and how: most are the tensor's own, others have to be decoded. */
import { isBlocks, type StoredType } from "./stored-type.ts";
import { HALF_ENCODINGS, type Encoding } from "./encodings.ts";
import type { LocatedTensor, StoredTensor } from "./formats/format.ts";
import { BLOCKS } from "./formats/gguf/blocks.ts";
import { quantise, type QuantisedType } from "./quantise.ts";

export interface TensorSource {
  /** The file's bytes [from, to). */
  readonly from: number;
  readonly to: number;
  /** The part out of those bytes; null where they are the part. */
  readonly make: ((bytes: Uint8Array) => Uint8Array) | null;
}

/** Of the tensor's bytes [from, to). What is arranged anew is read whole. */
export function sourceOf(tensor: LocatedTensor, from: number, to: number): TensorSource {
  return tensor.quantised === undefined
    ? readSource(tensor, from, to)
    : quantisedSource(tensor.type, tensor.quantised, from, to);
}

/** The tensor in blocks that are made when it is read. */
export function asQuantised(tensor: LocatedTensor, type: QuantisedType): LocatedTensor {
  const { shape, file } = tensor;
  const { values, bytes } = BLOCKS[type];
  const numbers = shape.reduce((product, size) => product * size, 1);
  const quantised = { ...asFloat32(tensor), file };
  return { type, shape, file, offset: tensor.offset, bytes: (numbers / values) * bytes, quantised };
}

function quantisedSource(type: StoredType, numbers: LocatedTensor, from: number, to: number): TensorSource {
  if (type !== "Q4_0" && type !== "Q8_0") throw new Error(`nothing is made ${type}`);
  const { values, bytes } = BLOCKS[type];
  const [first, last] = [Math.floor(from / bytes), Math.ceil(to / bytes)];
  const { make, ...place } = readSource(numbers, 4 * values * first, 4 * values * last);
  return {
    ...place,
    make(source) {
      const floats = new Float32Array((make?.(source) ?? source).slice().buffer);
      return quantise(type, floats).subarray(from - first * bytes, to - first * bytes);
    },
  };
}

function readSource(tensor: LocatedTensor, from: number, to: number): TensorSource {
  const { encoding, rowFrom, arrange, offset, shape } = tensor;
  const whole = rowFrom !== undefined || arrange !== undefined;
  if (encoding === undefined && !whole) return { from: offset + from, to: offset + to, make: null };
  const made = encoding === undefined ? 1 : 4 * encoding.values;
  const read = encoding?.bytes ?? 1;
  const first = whole ? 0 : Math.floor(from / made);
  const last = whole ? tensor.bytes / made : Math.ceil(to / made);
  return {
    from: offset + first * read,
    to: offset + last * read,
    make(source) {
      const numbers = encoding === undefined ? source : decodedBytes(encoding, source, (last - first) * made);
      const inOrder = rowFrom === undefined ? numbers : rowsInOrder(numbers, shape[0] ?? 1, rowFrom);
      const arranged = arrange === undefined ? inOrder : bytesOf(arrange(new Float32Array(inOrder.slice().buffer)));
      return arranged.subarray(from - first * made, to - first * made);
    },
  };
}

/** The tensor, decoded to float32 when it is read. */
export function asFloat32(tensor: StoredTensor): StoredTensor {
  const { type, shape } = tensor;
  if (type === "F32") return tensor;
  const encoding = isBlocks(type) ? BLOCKS[type] : HALF_ENCODINGS[type];
  return { ...tensor, type: "F32", bytes: 4 * shape.reduce((product, size) => product * size, 1), encoding };
}

function decodedBytes({ decode }: Encoding, source: Uint8Array, bytes: number): Uint8Array {
  const into = new Float32Array(bytes / 4);
  decode(source, into);
  return bytesOf(into);
}

function rowsInOrder(bytes: Uint8Array, rows: number, rowFrom: (row: number) => number): Uint8Array {
  const ordered = new Uint8Array(bytes.length);
  const width = bytes.length / rows;
  for (let row = 0; row < rows; row++) {
    const from = rowFrom(row) * width;
    ordered.set(bytes.subarray(from, from + width), row * width);
  }
  return ordered;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
