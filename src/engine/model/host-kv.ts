/**
 * Keys and values in ordinary arrays, one pair a block, each [kvHeads, length, headSize]. `length`
 * is the capacity from the start where the runtime updates in place, and grows in small steps
 * where the whole array crosses into the runtime each step (wasm), since there every position costs.
 */
import type { KvCache, KvShape } from "../ports.ts";

/** Positions that a growing cache grows by. */
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

  constructor(shape: KvShape, capacity: number, initialLength: number) {
    this.shape = shape;
    this.capacity = capacity;
    this.#length = Math.min(initialLength, capacity);
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

  /** Rows [count, kvHeads · headSize] of a step that began at `position`. */
  append(block: number, position: number, keys: Float32Array, values: Float32Array): void {
    this.reserve(position + keys.length / this.#rowWidth);
    const entry = this.#entry(block);
    this.#place(keys, position, entry.keys);
    this.#place(values, position, entry.values);
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

  get #rowWidth(): number {
    return this.shape.kvHeads * this.shape.headSize;
  }

  #place(rows: Float32Array, position: number, into: Float32Array): void {
    const { kvHeads, headSize } = this.shape;
    for (let row = 0; row * this.#rowWidth < rows.length; row++) {
      for (let head = 0; head < kvHeads; head++) {
        const from = row * this.#rowWidth + head * headSize;
        into.set(rows.subarray(from, from + headSize), (head * this.#length + position + row) * headSize);
      }
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
