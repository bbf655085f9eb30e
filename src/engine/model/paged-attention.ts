/**
 * Attention outside the graphs: keys and values in pages of a WebAssembly memory. A few rows attend by our own
 * kernel where the pages are; a prompt's many rows by the runtime's operator, whose wider vectors are worth a copy of
 * the past. A page has some consecutive positions of one block of one sequence; it is zeroed before it is given out, so
 * that no sequence meets numbers of another. Source: Kwon et al. 2023 (paged attention).
 */
import { attentionGraph } from "#core/onnx/attention-graph.ts";
import { PORTS } from "#core/onnx/ports.ts";
import {
  attentionModule,
  PAGE_POSITIONS,
  pageBytesOf,
  rowBytesOf,
  STRIP_POSITIONS,
  type Attend,
  type AttentionHeads,
} from "#core/wasm/attention.ts";
import { WASM_PAGE, type LinearMemory } from "#core/wasm/row-memory.ts";
import { fail } from "#core/run/failure.ts";
import { linearMemory, wasmFunction } from "#core/wasm/web-assembly.ts";
import type { HostTensor, KvShape, PagedAttention, PagedKv, Program, SequenceRows } from "../ports.ts";

const FLOAT = 4;
const NO_WINDOW = 2 ** 31 - 1;

/** So many rows of one sequence are a prompt's. */
const MANY = 24;

export interface AttentionPlace {
  /** Where it is, for whoever reads that there is no room. */
  readonly tier: "device" | "edge";
  /** The runtime's own. */
  readonly compile: (graph: Uint8Array) => Promise<Program>;
}

/** Null where the heads do not fit: the operator takes multiples of 8, our kernel of 4. */
export function pagedAttention(heads: AttentionHeads, context: number, place: AttentionPlace): PagedAttention | null {
  return heads.headSize % 8 === 0 ? new WasmAttention(heads, context, place) : null;
}

/** Byte addresses of the kernel's own memory. */
interface Scratch {
  readonly queries: number;
  readonly attended: number;
  readonly table: number;
  readonly scores: number;
  readonly end: number;
}

class WasmAttention implements PagedAttention {
  readonly heads: AttentionHeads;
  readonly #memory: LinearMemory;
  #floats: Float32Array | null = null;
  readonly #attend: Attend;
  readonly #scratch: Scratch;
  readonly #free: number[] = [];
  /** Behind the last page that was ever given out. */
  #end: number;
  #pages = 0;
  readonly #place: AttentionPlace;
  /** By window: the operator alone, compiled when first asked for. */
  readonly #operators = new Map<number | null, Promise<Program>>();

  constructor(heads: AttentionHeads, context: number, place: AttentionPlace) {
    this.heads = heads;
    this.#place = place;
    this.#scratch = scratchOf(heads, context);
    this.#end = this.#scratch.end;
    this.#memory = linearMemory(this.#end);
    this.#attend = wasmFunction<Attend>(attentionModule(heads), "attend", this.#memory);
  }

  get pages(): number {
    return this.#pages;
  }

  allocate(blocks: number, capacity: number): PagedKv {
    return new WasmKv(this, blocks, capacity);
  }

  /** All of the memory as numbers; asked for anew after it has grown. */
  floats(): Float32Array {
    if (this.#floats?.buffer !== this.#memory.buffer) this.#floats = new Float32Array(this.#memory.buffer);
    return this.#floats;
  }

  /** The addresses of so many zeroed pages; throws Failed where there is no room for all of them, and takes none then. */
  take(count: number): readonly number[] {
    const bytes = pageBytesOf(this.heads);
    const used = Math.min(count, this.#free.length);
    const grown = this.#grown(count - used, bytes);
    const addresses = this.#free.splice(this.#free.length - used);
    for (const address of addresses) this.floats().fill(0, address / FLOAT, (address + bytes) / FLOAT);
    this.#pages += count;
    return [...addresses, ...grown];
  }

  give(addresses: readonly number[]): void {
    this.#pages -= addresses.length;
    this.#free.push(...addresses);
  }

  async attend(sequences: readonly SequenceRows[], projections: Float32Array): Promise<Float32Array> {
    const { heads, kvHeads, headSize } = this.heads;
    const [width, row] = [heads * headSize, (heads + 2 * kvHeads) * headSize];
    const attended = new Float32Array((projections.length / row) * width);
    let from = 0;
    for (const sequence of sequences) {
      const to = from + sequence.count;
      const own = projections.subarray(from * row, to * row);
      if (sequence.count < MANY) this.#attendFew(sequence, own, attended.subarray(from * width, to * width));
      else attended.set(await this.#attendMany(sequence, own), from * width);
      from = to;
    }
    return attended;
  }

  async close(): Promise<void> {
    const operators = [...this.#operators.values()];
    this.#operators.clear();
    for (const operator of operators) await (await operator).close();
  }

  /** `projections` [count, (heads + 2 kvHeads) · headSize], `attended` [count, heads · headSize] */
  #attendFew(sequence: SequenceRows, projections: Float32Array, attended: Float32Array): void {
    const { queries, attended: out, table, scores } = this.#scratch;
    const { count, position, window } = sequence;
    const floats = this.floats();
    const pages = pagesOf(sequence);
    this.#append(floats, pages, position, projections);
    floats.set(projections, queries / FLOAT);
    new Int32Array(floats.buffer, table, pages.length).set(pages);
    const stride = (projections.length / count) * FLOAT;
    this.#attend(queries, stride, out, count, table, scores, position, window ?? NO_WINDOW);
    attended.set(floats.subarray(out / FLOAT, out / FLOAT + attended.length));
  }

  async #attendMany(sequence: SequenceRows, projections: Float32Array): Promise<Float32Array> {
    const { heads, kvHeads, headSize } = this.heads;
    const { kv, place, count, position, window } = sequence;
    const past = await kv.read(place, Math.max(1, position));
    this.#append(this.floats(), pagesOf(sequence), position, projections);
    const operator = await this.#operator(window);
    const cached = (data: Float32Array): HostTensor => ({
      type: "float32",
      data,
      dims: [1, kvHeads, Math.max(1, position), headSize],
    });
    const columns = (from: number, width: number): HostTensor => ({
      type: "float32",
      data: columnsOf(projections, count, from * headSize, width * headSize),
      dims: [1, count, width * headSize],
    });
    const given = {
      [PORTS.query]: columns(0, heads),
      [PORTS.key]: columns(heads, kvHeads),
      [PORTS.value]: columns(heads + kvHeads, kvHeads),
      [PORTS.pastKey(0)]: cached(past.keys),
      [PORTS.pastValue(0)]: cached(past.values),
      [PORTS.lastPosition]: { type: "int32", data: Int32Array.of(position + count - 1), dims: [1] },
      [PORTS.total]: { type: "int32", data: Int32Array.of(position + count), dims: [1] },
    } as const;
    const { [PORTS.attended]: attended } = await operator.run(given, [PORTS.attended], null);
    if (attended?.type !== "float32") throw new Error("attention gave no float32");
    return attended.data;
  }

  #operator(window: number | null): Promise<Program> {
    const known = this.#operators.get(window) ?? this.#place.compile(attentionGraph(this.heads, window));
    this.#operators.set(window, known);
    known.catch(() => this.#operators.delete(window)); // one that could not be made is tried again
    return known;
  }

  /**
   * Into the cache, and zeros behind to the end of the strip: the kernel takes whole strips, and a step that was
   * rewound may have left numbers there that are none.
   */
  #append(floats: Float32Array, pages: readonly number[], position: number, projections: Float32Array): void {
    const { heads, kvHeads, headSize } = this.heads;
    const width = kvHeads * headSize;
    const row = (heads + 2 * kvHeads) * headSize;
    let next = position;
    for (let at = heads * headSize; at < projections.length; at += row, next++) {
      const { keys, values } = this.place(pages, next);
      floats.set(projections.subarray(at, at + width), keys);
      floats.set(projections.subarray(at + width, at + 2 * width), values);
    }
    for (; next % STRIP_POSITIONS > 0; next++) {
      const { keys, values } = this.place(pages, next);
      floats.fill(0, keys, keys + width);
      floats.fill(0, values, values + width);
    }
  }

  /** Where in `floats` a position's row begins. */
  place(pages: readonly number[], position: number): { readonly keys: number; readonly values: number } {
    const page = pages[Math.floor(position / PAGE_POSITIONS)];
    if (page === undefined) throw new Error(`no page for position ${position}`);
    const rowFloats = rowBytesOf(this.heads) / FLOAT;
    const keys = page / FLOAT + (position % PAGE_POSITIONS) * rowFloats;
    return { keys, values: keys + PAGE_POSITIONS * rowFloats };
  }

  /** New pages of so many bytes each. */
  #grown(count: number, bytes: number): readonly number[] {
    const from = this.#end;
    const end = from + count * bytes;
    const missing = end - this.#memory.buffer.byteLength;
    try {
      if (missing > 0) this.#memory.grow(Math.ceil(missing / WASM_PAGE));
    } catch {
      return fail({ code: "out-of-memory", tier: this.#place.tier, what: "keys and values", bytes: count * bytes });
    }
    this.#end = end;
    return Array.from({ length: count }, (_, page) => from + page * bytes);
  }
}

class WasmKv implements PagedKv {
  readonly shape: KvShape;
  readonly capacity: number;
  readonly #attention: WasmAttention;
  /** Of each block its pages' addresses, in order. */
  readonly #pages: readonly number[][];

  constructor(attention: WasmAttention, blocks: number, capacity: number) {
    const { kvHeads, headSize } = attention.heads;
    this.shape = { blocks, kvHeads, headSize };
    this.capacity = capacity;
    this.#attention = attention;
    this.#pages = Array.from({ length: blocks }, () => []);
  }

  get bytes(): number {
    return this.#pages.length * (this.#pages[0]?.length ?? 0) * pageBytesOf(this.shape);
  }

  pagesOf(place: number): readonly number[] {
    return this.#pages[place] ?? [];
  }

  reserve(positions: number): void {
    const missing = Math.ceil(positions / PAGE_POSITIONS) - (this.#pages[0]?.length ?? 0);
    if (missing <= 0) return;
    const taken = this.#attention.take(missing * this.#pages.length);
    for (const [block, pages] of this.#pages.entries())
      pages.push(...taken.slice(block * missing, (block + 1) * missing));
  }

  read(block: number, positions: number): Promise<{ keys: Float32Array; values: Float32Array }> {
    const { kvHeads, headSize } = this.shape;
    const size = kvHeads * positions * headSize;
    const read = { keys: new Float32Array(size), values: new Float32Array(size) };
    this.#eachRow(block, positions, (memory, from, packed, which) =>
      read[which].set(memory.subarray(from, from + headSize), packed),
    );
    return Promise.resolve(read);
  }

  write(block: number, positions: number, keys: Float32Array, values: Float32Array): Promise<void> {
    this.reserve(positions);
    const { headSize } = this.shape;
    const written = { keys, values };
    this.#eachRow(block, positions, (memory, to, packed, which) =>
      memory.set(written[which].subarray(packed, packed + headSize), to),
    );
    return Promise.resolve();
  }

  close(): void {
    for (const pages of this.#pages) this.#attention.give(pages.splice(0));
  }

  /** Each head's row of each position: where it is in memory, and where in an array of [kvHeads, positions, headSize]. */
  #eachRow(
    block: number,
    positions: number,
    visit: (memory: Float32Array, at: number, packed: number, which: "keys" | "values") => void,
  ): void {
    const { kvHeads, headSize } = this.shape;
    const memory = this.#attention.floats();
    for (let position = 0; position < positions; position++) {
      const row = this.#attention.place(this.pagesOf(block), position);
      for (const which of ["keys", "values"] as const)
        for (let head = 0; head < kvHeads; head++)
          visit(memory, row[which] + head * headSize, (head * positions + position) * headSize, which);
    }
  }
}

function pagesOf({ kv, place }: SequenceRows): readonly number[] {
  if (!(kv instanceof WasmKv)) throw new Error("a cache of another runtime");
  return kv.pagesOf(place);
}

/** Columns [from, from + width) of `matrix` [rows, ...]. */
function columnsOf(matrix: Float32Array, rows: number, from: number, width: number): Float32Array {
  const columns = new Float32Array(rows * width);
  const stride = matrix.length / rows;
  for (let row = 0; row < rows; row++)
    columns.set(matrix.subarray(row * stride + from, row * stride + from + width), row * width);
  return columns;
}

function scratchOf({ heads, kvHeads, headSize }: AttentionHeads, context: number): Scratch {
  const pages = Math.ceil(context / PAGE_POSITIONS);
  const queries = 0;
  const attended = queries + MANY * (heads + 2 * kvHeads) * headSize * FLOAT;
  const scores = attended + MANY * heads * headSize * FLOAT;
  const table = scores + pages * PAGE_POSITIONS * FLOAT;
  const end = table + pages * FLOAT;
  return { queries, attended, scores, table, end: Math.ceil(end / WASM_PAGE) * WASM_PAGE };
}
