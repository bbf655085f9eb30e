/**
 * Causal grouped-query attention over a cache in pages, as a WebAssembly kernel: some consecutive rows of one sequence
 * in one block. It is what stands outside the graphs, so that their matrix products take the rows of many sequences at
 * once while each attends to its own past. Head by head and row by row: softmax(scale · q·k) · v, with scores in
 * scratch memory; four positions at a time, four numbers each.
 * Sources: Ainslie et al. 2023 (grouped queries); Kwon et al. 2023 (paged attention).
 */
import { Constants, exponential, ofLanes, sumsOfLanes } from "./lanes.ts";
import { choose, encodeModule, f32, f32x4, FunctionBuilder, i32, loop, type Code } from "./module.ts";

/** Positions of a page; a power of two. */
export const PAGE_POSITIONS = 64;

export interface AttentionHeads {
  readonly heads: number;
  readonly kvHeads: number;
  /** A multiple of 4. */
  readonly headSize: number;
  /** What a query times a key is multiplied by. */
  readonly scale: number;
}

/** Bytes of one position's keys, or values, of one block. */
export const rowBytesOf = ({ kvHeads, headSize }: Pick<AttentionHeads, "kvHeads" | "headSize">): number =>
  4 * kvHeads * headSize;

/** A page has PAGE_POSITIONS rows of keys, then as many of values. */
export const pageBytesOf = (heads: Pick<AttentionHeads, "kvHeads" | "headSize">): number =>
  2 * PAGE_POSITIONS * rowBytesOf(heads);

/**
 * `attend(query, queryStride, out, rows, table, scores, start, window)`; all addresses and strides in bytes.
 * `query`: the first row, [heads · headSize], the next ones `queryStride` on; `out`: [rows, heads · headSize].
 * `table`: the addresses of the sequence's pages, int32 each. `scores`: scratch, a float for each position of the table's pages.
 * `start`: the first row's position, whose key and value are in the cache already; `window`: positions that a row attends to at most.
 */
export type Attend = (
  query: number,
  queryStride: number,
  out: number,
  rows: number,
  table: number,
  scores: number,
  start: number,
  window: number,
) => void;

const FLOAT = 4;
const STRIP = [0, 1, 2, 3] as const;
/** Positions that are taken together: what lies in the last strip behind the last one must be numbers. */
export const STRIP_POSITIONS = STRIP.length;
/** Below every score, and its power is as good as nothing. */
const HIDDEN = -1e30;
export const attentionModule = (heads: AttentionHeads): Uint8Array<ArrayBuffer> => new Kernel(heads).encode();

class Kernel {
  readonly #heads: AttentionHeads;
  readonly #f = new FunctionBuilder(["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"]);
  readonly #constants = new Constants(this.#f);
  // Parameters
  readonly #query = this.#f.parameter(0);
  readonly #queryStride = this.#f.parameter(1);
  readonly #out = this.#f.parameter(2);
  readonly #rows = this.#f.parameter(3);
  readonly #table = this.#f.parameter(4);
  readonly #scores = this.#f.parameter(5);
  readonly #start = this.#f.parameter(6);
  readonly #window = this.#f.parameter(7);
  // Where the loops are: positions go from `first` to `strips`, of which those below `end` are attended to.
  readonly #row = this.#f.local("i32");
  readonly #head = this.#f.local("i32");
  readonly #position = this.#f.local("i32");
  readonly #first = this.#f.local("i32");
  readonly #end = this.#f.local("i32");
  readonly #strips = this.#f.local("i32");
  // Addresses: this head's part of the query and of what comes out, a position's row, its score.
  readonly #q = this.#f.local("i32");
  readonly #o = this.#f.local("i32");
  readonly #page = this.#f.local("i32");
  readonly #score = this.#f.local("i32");
  readonly #sums = STRIP.map(() => this.#f.local("v128"));
  readonly #largest = this.#f.local("v128");
  readonly #total = this.#f.local("v128");
  readonly #x = this.#f.local("v128");
  readonly #n = this.#f.local("v128");
  readonly #r = this.#f.local("v128");

  constructor(heads: AttentionHeads) {
    this.#heads = heads;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const body = this.#everyRow();
    return encodeModule("attend", this.#f, [...this.#constants.prepared, ...body]);
  }

  #everyRow(): Code {
    const wholeStrips = (position: Code): Code => i32.and(position, i32.const(-STRIP.length));
    return [
      ...this.#row.set(i32.const(0)),
      ...loop(this.#row, this.#rows.get, 1, [
        ...this.#end.set(i32.add(i32.add(this.#start.get, this.#row.get), i32.const(1))),
        ...this.#first.set(wholeStrips(this.#firstSeen)),
        ...this.#strips.set(wholeStrips(i32.add(this.#end.get, i32.const(STRIP.length - 1)))),
        ...this.#head.set(i32.const(0)),
        ...loop(this.#head, i32.const(this.#heads.heads), 1, this.#oneHead()),
      ]),
    ];
  }

  #oneHead(): Code {
    const bytes = i32.const(FLOAT * this.#heads.headSize);
    const rowAndHead = i32.add(i32.multiply(this.#row.get, i32.const(this.#heads.heads)), this.#head.get);
    const query = i32.add(this.#query.get, i32.multiply(this.#row.get, this.#queryStride.get));
    return [
      ...this.#q.set(i32.add(query, i32.multiply(this.#head.get, bytes))),
      ...this.#o.set(i32.add(this.#out.get, i32.multiply(rowAndHead, bytes))),
      ...this.#dots(),
      ...this.#hide(this.#first.get, this.#firstSeen),
      ...this.#hide(this.#end.get, this.#strips.get),
      ...this.#softmax(),
      ...this.#weighted(),
    ];
  }

  /** Scores: the query times the keys of a strip of positions at a time. */
  #dots(): Code {
    return this.#everyStrip([
      ...this.#findRow(),
      ...this.#sums.flatMap((sum) => sum.set(this.#constant(0))),
      ...this.#vectors.flatMap((at) => [
        ...this.#x.set(f32x4.load(this.#q.get, at)),
        ...this.#sums.flatMap((sum, i) =>
          sum.set(f32x4.add(sum.get, f32x4.multiply(this.#x.get, f32x4.load(this.#page.get, at + i * this.#rowBytes)))),
        ),
      ]),
      ...f32x4.store(this.#scoreAt(this.#position.get), sumsOfLanes(this.#sums.map((sum) => sum.get))),
    ]);
  }

  /** Strips are whole; what they have beside the positions that are attended to must not count. */
  #hide(from: Code, to: Code): Code {
    const hidden = f32.store(this.#scoreAt(this.#position.get), f32.const(HIDDEN));
    return [...this.#position.set(from), ...loop(this.#position, to, 1, hidden)];
  }

  /** Scores become powers, and `total` one over their sum. */
  #softmax(): Code {
    const score = f32x4.load(this.#scoreAt(this.#position.get));
    return [
      ...this.#largest.set(this.#constant(HIDDEN)),
      ...this.#everyStrip(this.#largest.set(f32x4.max(this.#largest.get, score))),
      ...this.#largest.set(f32x4.splat(ofLanes(this.#largest.get, f32.max))),
      ...this.#total.set(this.#constant(0)),
      ...this.#everyStrip([
        ...this.#x.set(f32x4.multiply(f32x4.subtract(score, this.#largest.get), this.#constant(this.#heads.scale))),
        ...exponential(this.#x, this.#n, this.#r, this.#constants),
        ...this.#total.set(f32x4.add(this.#total.get, this.#x.get)),
        ...f32x4.store(this.#scoreAt(this.#position.get), this.#x.get),
      ]),
      ...this.#total.set(f32x4.splat(f32.divide(f32.const(1), ofLanes(this.#total.get, f32.add)))),
    ];
  }

  /** The values' sum, weighted. */
  #weighted(): Code {
    const values = PAGE_POSITIONS * this.#rowBytes;
    const withStrip = (at: number): Code =>
      this.#sums.reduce<Code>(
        (sum, weight, i) =>
          f32x4.add(sum, f32x4.multiply(weight.get, f32x4.load(this.#page.get, values + at + i * this.#rowBytes))),
        f32x4.load(this.#o.get, at),
      );
    return [
      ...this.#vectors.flatMap((at) => f32x4.store(this.#o.get, this.#constant(0), at)),
      ...this.#everyStrip([
        ...this.#findRow(),
        ...this.#score.set(this.#scoreAt(this.#position.get)),
        ...this.#sums.flatMap((weight, i) =>
          weight.set(f32x4.multiply(f32x4.loadSplat(this.#score.get, i * FLOAT), this.#total.get)),
        ),
        ...this.#vectors.flatMap((at) => f32x4.store(this.#o.get, withStrip(at), at)),
      ]),
    ];
  }

  /** Where `position`'s row of this head's group is. */
  #findRow(): Code {
    const { heads, kvHeads, headSize } = this.#heads;
    // A product and a shift are head / (heads / kvHeads), exactly, for as many heads as there are.
    const factor = i32.const(Math.ceil((kvHeads / heads) * 65_536));
    const group = i32.shiftRight(i32.multiply(this.#head.get, factor), i32.const(16));
    const page = i32.shiftRight(this.#position.get, i32.const(Math.log2(PAGE_POSITIONS)));
    const row = i32.and(this.#position.get, i32.const(PAGE_POSITIONS - 1));
    const offset = i32.add(
      i32.multiply(row, i32.const(this.#rowBytes)),
      i32.multiply(group, i32.const(FLOAT * headSize)),
    );
    return this.#page.set(i32.add(i32.load(i32.add(this.#table.get, i32.shiftLeft(page, i32.const(2)))), offset));
  }

  #everyStrip(body: Code): Code {
    return [...this.#position.set(this.#first.get), ...loop(this.#position, this.#strips.get, STRIP.length, body)];
  }

  #scoreAt(position: Code): Code {
    return i32.add(this.#scores.get, i32.shiftLeft(position, i32.const(2)));
  }

  #constant(value: number): Code {
    return this.#constants.get(value);
  }

  /** The first position that the row attends to. */
  get #firstSeen(): Code {
    const seen = choose(i32.lessThan(this.#end.get, this.#window.get), this.#end.get, this.#window.get);
    return i32.subtract(this.#end.get, seen);
  }

  get #rowBytes(): number {
    return rowBytesOf(this.#heads);
  }

  /** Byte offsets of a head's vectors. */
  get #vectors(): readonly number[] {
    return Array.from({ length: this.#heads.headSize / 4 }, (_, index) => 16 * index);
  }
}
