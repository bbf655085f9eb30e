/**
 * What prompts begin with, computed once: keys and values of their first positions, in pages, for whoever begins with
 * the same tokens. A page is found by its own tokens and all before them (and by the model and the blocks: whoever asks
 * names the scope), so that a longer beginning shares what a shorter one has. Bounded in bytes; what was not asked for
 * longest goes first. They are copies: a session that ends takes nothing along.
 *
 * That an answer begins sooner tells whoever asks that somebody has asked so before: off unless the owner says otherwise.
 */
import { createHash } from "node:crypto";
import type { KvSlice } from "#engine/ports.ts";

/** Positions a page: small enough that a short system prompt is one, large enough to be worth looking up. */
export const PAGE = 16;

export interface KvHeads {
  readonly kvHeads: number;
  readonly headSize: number;
}

export class Prefixes {
  readonly #mostBytes: number;
  /** By their names, the one that was asked for last at the end. */
  readonly #pages = new Map<string, KvSlice>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The longest beginning of `ids` that is here, of `most` positions at most; null where there is none. */
  find(scope: string, ids: Uint32Array, heads: KvHeads, most: number): KvSlice | null {
    const found: KvSlice[] = [];
    for (const name of namesOf(scope, ids.subarray(0, most))) {
      const page = this.#pages.get(name);
      if (page === undefined) break;
      this.#pages.delete(name); // asked for last
      this.#pages.set(name, page);
      found.push(page);
    }
    return found.length === 0 ? null : joined(found, heads);
  }

  /** Whether all whole pages of `ids` are here. */
  has(scope: string, ids: Uint32Array): boolean {
    const last = namesOf(scope, ids).at(-1);
    return last === undefined || this.#pages.has(last);
  }

  /** Keeps the whole pages of a beginning; `slice` holds at least their positions. */
  keep(scope: string, ids: Uint32Array, slice: KvSlice, heads: KvHeads): void {
    for (const [nth, name] of namesOf(scope, ids).entries()) {
      if (this.#pages.has(name)) continue;
      const page = pageOf(slice, nth, heads);
      this.#pages.set(name, page);
      this.#bytes += bytesOf(page);
    }
    for (const [name, page] of this.#pages) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#pages.delete(name);
      this.#bytes -= bytesOf(page);
    }
  }
}

/** Of each whole page in turn: a hash of the scope and of all tokens up to its end. */
function namesOf(scope: string, ids: Uint32Array): readonly string[] {
  const names: string[] = [];
  let before = scope;
  for (let from = 0; from + PAGE <= ids.length; from += PAGE) {
    const page = ids.slice(from, from + PAGE);
    before = createHash("sha256").update(before).update(page).digest("base64");
    names.push(before);
  }
  return names;
}

const bytesOf = ({ keys, values }: KvSlice): number =>
  [...keys, ...values].reduce((sum, { byteLength }) => sum + byteLength, 0);

/** Positions [nth · PAGE, (nth + 1) · PAGE) of arrays [kvHeads, positions, headSize]. */
function pageOf(slice: KvSlice, nth: number, { kvHeads, headSize }: KvHeads): KvSlice {
  const cut = (from: Float32Array): Float32Array => {
    const to = new Float32Array(kvHeads * PAGE * headSize);
    for (let head = 0; head < kvHeads; head++) {
      const start = (head * slice.positions + nth * PAGE) * headSize;
      to.set(from.subarray(start, start + PAGE * headSize), head * PAGE * headSize);
    }
    return to;
  };
  return { ...slice, positions: PAGE, keys: slice.keys.map(cut), values: slice.values.map(cut) };
}

function joined(pages: readonly KvSlice[], { kvHeads, headSize }: KvHeads): KvSlice {
  const [first] = pages;
  if (first === undefined) throw new RangeError("no pages to join");
  const positions = pages.length * PAGE;
  const join = (of: (page: KvSlice) => readonly Float32Array[]): readonly Float32Array[] =>
    of(first).map((_, block) => {
      const to = new Float32Array(kvHeads * positions * headSize);
      for (const [nth, page] of pages.entries()) {
        const from = of(page)[block];
        if (from === undefined) throw new RangeError("pages of one scope have the same blocks");
        for (let head = 0; head < kvHeads; head++)
          to.set(
            from.subarray(head * PAGE * headSize, (head + 1) * PAGE * headSize),
            (head * positions + nth * PAGE) * headSize,
          );
      }
      return to;
    });
  return { ...first, positions, keys: join(({ keys }) => keys), values: join(({ values }) => values) };
}
