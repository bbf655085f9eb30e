/**
 * Keys and values in ordinary arrays, one pair a block, each [kvHeads, length, headSize]. They grow
 * in small steps, since the runtime copies a whole array each step, into its heap (wasm) or into the
 * present (Node): every position costs, also one that is not used yet.
 */
import type { KvCache, KvShape } from "../ports.ts";

/** Positions that a cache begins with, and grows by. */
const GROWTH = 64;

export interface HostKvEntry {
  keys: Float32Array;
  values: Float32Array;
}

export class HostKv implements KvCache {
  readonly shape: KvShape;
  readonly capacity: number;
  entries: HostKvEntry[];
  #length: number;

  constructor(shape: KvShape, capacity: number) {
    this.shape = shape;
    this.capacity = capacity;
    this.#length = Math.min(GROWTH, capacity);
    const size = shape.kvHeads * this.#length * shape.headSize;
    this.entries = Array.from({ length: shape.blocks }, () => ({
      keys: new Float32Array(size),
      values: new Float32Array(size),
    }));
  }

  /** [1, kvHeads, length, headSize] */
  get dims(): readonly number[] {
    return [1, this.shape.kvHeads, this.#length, this.shape.headSize];
  }

  get bytes(): number {
    return 2 * 4 * this.shape.blocks * this.shape.kvHeads * this.#length * this.shape.headSize;
  }

  /** Room for `positions`, up to the capacity. */
  reserve(positions: number): void {
    if (positions <= this.#length) return;
    const length = Math.min(this.capacity, Math.ceil(positions / GROWTH) * GROWTH);
    const grown = (array: Float32Array): Float32Array =>
      copyRows(array, this.#length, length, Math.min(this.#length, length), this.shape);
    this.entries = this.entries.map(({ keys, values }) => ({ keys: grown(keys), values: grown(values) }));
    this.#length = length;
  }

  /** The rows of a step that began at `position`: [count, blocks · 2 · kvHeads · headSize], of each block its keys, then its values. */
  append(position: number, rows: Float32Array): void {
    const width = this.shape.kvHeads * this.shape.headSize;
    const count = rows.length / (2 * width * this.shape.blocks);
    this.reserve(position + count);
    let from = 0;
    for (let row = position; row < position + count; row++) {
      for (const { keys, values } of this.entries) {
        this.#place(rows, from, keys, row);
        this.#place(rows, from + width, values, row);
        from += 2 * width;
      }
    }
  }

  read(block: number, positions: number): Promise<{ keys: Float32Array; values: Float32Array }> {
    const { keys, values } = this.#entry(block);
    const packed = (array: Float32Array): Float32Array =>
      copyRows(array, this.#length, positions, positions, this.shape);
    return Promise.resolve({ keys: packed(keys), values: packed(values) });
  }

  write(block: number, positions: number, keys: Float32Array, values: Float32Array): Promise<void> {
    this.reserve(positions);
    const entry = this.#entry(block);
    spread(keys, positions, entry.keys, this.#length, this.shape);
    spread(values, positions, entry.values, this.#length, this.shape);
    return Promise.resolve();
  }

  close(): void {
    this.entries = [];
  }

  /** The row that begins at `from`, head by head, to `position`. */
  #place(rows: Float32Array, from: number, into: Float32Array, position: number): void {
    const { kvHeads, headSize } = this.shape;
    for (let head = 0; head < kvHeads; head++) {
      const start = from + head * headSize;
      into.set(rows.subarray(start, start + headSize), (head * this.#length + position) * headSize);
    }
  }

  #entry(block: number): HostKvEntry {
    const entry = this.entries[block];
    if (entry === undefined) throw new Error(`no block ${block} in a cache of ${this.shape.blocks}`);
    return entry;
  }
}

/** The first `rows` rows of each head, from arrays of `fromLength` rows a head to a new one of `toLength`. */
export function copyRows(
  from: Float32Array,
  fromLength: number,
  toLength: number,
  rows: number,
  shape: KvShape,
): Float32Array {
  const to = new Float32Array(shape.kvHeads * toLength * shape.headSize);
  for (let head = 0; head < shape.kvHeads; head++) {
    const start = head * fromLength * shape.headSize;
    to.set(from.subarray(start, start + rows * shape.headSize), head * toLength * shape.headSize);
  }
  return to;
}

/** Packed [kvHeads, rows, headSize] into the first rows of an array with `toLength` rows a head. */
export function spread(from: Float32Array, rows: number, to: Float32Array, toLength: number, shape: KvShape): void {
  const width = rows * shape.headSize;
  for (let head = 0; head < shape.kvHeads; head++)
    to.set(from.subarray(head * width, (head + 1) * width), head * toLength * shape.headSize);
}
