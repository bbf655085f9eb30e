/**
 * Keys and values on their way from one tier to the other when the cut moves: cut into messages
 * that the edge accepts, and put together again. They travel as float32, so that no token changes.
 * Layout of a parcel: per block keys [kvHeads, count, headSize], then values likewise.
 */
import { f32 } from "#core/codec/floats/f32.ts";
import type { KvRow } from "#core/model/families/family.ts";
import { joined } from "#core/frames/joined.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import type { KvSlice } from "../ports.ts";

/** Blocks [from, to), positions [position, position + count). */
export interface Parcel {
  readonly from: number;
  readonly to: number;
  readonly position: number;
  readonly count: number;
}

/** Several blocks a message while whole blocks fit, else one block in stretches of positions. `roomBytes` is what a message may carry. */
export function parcelsOf(
  { from, to }: Pick<Parcel, "from" | "to">,
  positions: number,
  shape: KvRow,
  roomBytes: number,
): readonly Parcel[] {
  const rows = Math.max(1, Math.floor(roomBytes / rowBytes(shape)));
  const parcels: Parcel[] = [];
  const together = Math.floor(rows / Math.max(1, positions));
  if (together >= 1) {
    for (let block = from; positions > 0 && block < to; block += together)
      parcels.push({ from: block, to: Math.min(to, block + together), position: 0, count: positions });
    return parcels;
  }
  for (let block = from; block < to; block++) {
    for (let position = 0; position < positions; position += rows)
      parcels.push({ from: block, to: block + 1, position, count: Math.min(rows, positions - position) });
  }
  return parcels;
}

/** Bytes of one position of one block. */
export const rowBytes = ({ kvHeads, headSize }: KvRow): number => 2 * 4 * kvHeads * headSize;

export const parcelBytes = ({ from, to, count }: Parcel, shape: KvRow): number => (to - from) * count * rowBytes(shape);

/** The bytes of a parcel out of a slice that has its blocks and positions. */
export function packParcel(slice: KvSlice, parcel: Parcel, shape: KvRow): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let block = parcel.from; block < parcel.to; block++) {
    for (const rows of [slice.keys[block - slice.from], slice.values[block - slice.from]]) {
      if (rows === undefined) throw new Error(`no block ${block} in a slice of ${slice.from} to ${slice.to}`);
      const picked = picks(rows, slice.positions, parcel, shape);
      pieces.push(f32.encode(picked, 1, picked.length));
    }
  }
  return joined(pieces);
}

/** Positions of a parcel out of [kvHeads, positions, headSize]. */
function picks(
  rows: Float32Array,
  positions: number,
  { position, count }: Parcel,
  { kvHeads, headSize }: KvRow,
): Float32Array {
  const picked = new Float32Array(kvHeads * count * headSize);
  for (let head = 0; head < kvHeads; head++) {
    const start = (head * positions + position) * headSize;
    picked.set(rows.subarray(start, start + count * headSize), head * count * headSize);
  }
  return picked;
}

/** Parcels put together; each block's come in the order of their positions, and again is no harm. */
export class KvAssembly {
  readonly #shape: KvRow;
  readonly #range: Pick<Parcel, "from" | "to">;
  readonly #capacity: number;
  /** Per block, [kvHeads, capacity, headSize]. */
  readonly #blocks: { readonly keys: Float32Array; readonly values: Float32Array; filled: number }[];

  constructor(range: Pick<Parcel, "from" | "to">, capacity: number, shape: KvRow) {
    this.#shape = shape;
    this.#range = range;
    this.#capacity = capacity;
    const size = shape.kvHeads * capacity * shape.headSize;
    this.#blocks = Array.from({ length: range.to - range.from }, () => ({
      keys: new Float32Array(size),
      values: new Float32Array(size),
      filled: 0,
    }));
  }

  /** Throws Failed: position-gap where what comes before is missing, bad-frame for bytes that are not the parcel's. */
  put(parcel: Parcel, bytes: Uint8Array): void {
    const { from, to, position, count } = parcel;
    if (bytes.byteLength !== parcelBytes(parcel, this.#shape))
      fail({
        code: "bad-frame",
        what: `keys and values of ${to - from} blocks and ${count} positions take ${parcelBytes(parcel, this.#shape)} bytes, there are ${bytes.byteLength}`,
        offset: null,
      });
    if (from < this.#range.from || to > this.#range.to)
      fail({
        code: "bad-frame",
        what: `keys and values of blocks ${from} to ${to}, where ${this.#range.from} to ${this.#range.to} are due`,
        offset: null,
      });
    if (position + count > this.#capacity) fail({ code: "context-full", capacity: this.#capacity });
    const numbers = unwrap(f32.decode(bytes, 1, bytes.byteLength / 4));
    const each = numbers.length / (2 * (to - from));
    for (let block = from; block < to; block++) {
      const into = this.#blocks[block - this.#range.from];
      if (into === undefined || position > into.filled)
        fail({ code: "position-gap", position, held: into?.filled ?? 0 });
      const at = 2 * (block - from) * each;
      this.#place(numbers.subarray(at, at + each), parcel, into.keys);
      this.#place(numbers.subarray(at + each, at + 2 * each), parcel, into.values);
      into.filled = Math.max(into.filled, position + count);
    }
  }

  /** Throws Failed `position-gap` where not all of it has come. */
  slice(positions: number): KvSlice {
    for (const { filled } of this.#blocks)
      if (filled < positions) fail({ code: "position-gap", position: positions, held: filled });
    const whole: Parcel = { ...this.#range, position: 0, count: positions };
    return {
      ...this.#range,
      positions,
      keys: this.#blocks.map(({ keys }) => picks(keys, this.#capacity, whole, this.#shape)),
      values: this.#blocks.map(({ values }) => picks(values, this.#capacity, whole, this.#shape)),
    };
  }

  #place(rows: Float32Array, { position, count }: Parcel, into: Float32Array): void {
    const { kvHeads, headSize } = this.#shape;
    for (let head = 0; head < kvHeads; head++)
      into.set(
        rows.subarray(head * count * headSize, (head + 1) * count * headSize),
        (head * this.#capacity + position) * headSize,
      );
  }
}
