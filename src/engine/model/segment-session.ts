/**
 * A segment session: what is held, what may be asked, and the caches of its blocks. How a step is computed is told to
 * it: through a chain of compiled stages, or together with others in pieces. `position` is always explicit: a repeated
 * step writes the same keys and values again, and what lies behind it is simply no longer attended to, so rewinding is
 * a number.
 */
import type { Architecture, Segment } from "#core/model/architecture.ts";
import { fail } from "#core/run/failure.ts";
import type { Want } from "#wire/messages.ts";
import type { KvCache, KvSlice, SegmentInput, SegmentOutput, SegmentSession } from "../ports.ts";

/** The caches of consecutive blocks from `from` on. */
export interface BlockCaches {
  readonly from: number;
  readonly kv: KvCache;
}

export interface SessionParts {
  readonly architecture: Architecture;
  readonly segment: Segment;
  readonly capacity: number;
  /** Without it every step starts at position 0. */
  readonly kvCache: boolean;
  readonly caches: readonly BlockCaches[];
  readonly batches: boolean;
  /** Of its stages, which other sessions may share. */
  readonly weightBytes: number;
  /** A step that has been admitted: of so many positions, the first of which is at `position`. */
  readonly compute: (input: SegmentInput, position: number, count: number, want: Want) => Promise<SegmentOutput>;
  readonly onClose: () => void;
}

export class CachedSession implements SegmentSession {
  readonly #parts: SessionParts;
  #held = 0;
  #closed = false;
  #freed: Promise<void> = Promise.resolve();
  /** Steps under way: others may share their passes, so that the caches stay until they end. */
  readonly #underWay = new Set<Promise<SegmentOutput>>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get segment(): Segment {
    return this.#parts.segment;
  }

  get capacity(): number {
    return this.#parts.capacity;
  }

  get batches(): boolean {
    return this.#parts.batches;
  }

  get position(): number {
    return this.#held;
  }

  async step(input: SegmentInput, position: number, want: Want): Promise<SegmentOutput> {
    const count = input.kind === "ids" ? input.ids.length : input.hidden.length / this.#parts.architecture.hidden;
    this.#admit(input, position, count);
    this.#held = position; // were it to fail half way, nothing behind `position` could be trusted
    const computing = this.#parts.compute(input, position, count, want);
    this.#underWay.add(computing);
    const output = await computing.finally(() => this.#underWay.delete(computing));
    this.#held = this.#parts.kvCache ? position + count : 0;
    return output;
  }

  rewind(position: number): void {
    if (position > this.#held || position < 0) fail({ code: "position-gap", position, held: this.#held });
    this.#held = position;
  }

  async exportKv(from: number, to: number, positions: number): Promise<KvSlice> {
    this.#mustBeOpen();
    if (positions > this.#held) fail({ code: "position-gap", position: positions, held: this.#held });
    const blocks = this.#caches(from, to);
    const read = await Promise.all(blocks.map(({ kv, place }) => kv.read(place, positions)));
    return { from, to, positions, keys: read.map(({ keys }) => keys), values: read.map(({ values }) => values) };
  }

  async importKv(slice: KvSlice): Promise<void> {
    this.#mustBeOpen();
    if (slice.positions > this.capacity) fail({ code: "context-full", capacity: this.capacity });
    const blocks = this.#caches(slice.from, slice.to);
    for (const [index, { kv, place }] of blocks.entries()) {
      const keys = slice.keys[index];
      const values = slice.values[index];
      if (keys === undefined || values === undefined)
        throw new Error("a KV slice has keys and values for each of its blocks");
      await kv.write(place, slice.positions, keys, values);
    }
    this.#held = slice.positions;
  }

  memory(): { weightBytes: number; kvBytes: number } {
    return {
      weightBytes: this.#closed ? 0 : this.#parts.weightBytes,
      kvBytes: this.#closed ? 0 : this.#parts.caches.reduce((sum, { kv }) => sum + kv.bytes, 0),
    };
  }

  /** Once no step is under way; from now on none begins. */
  async close(): Promise<void> {
    if (this.#closed) return this.#freed;
    this.#closed = true;
    this.#freed = this.#free();
    return this.#freed;
  }

  async #free(): Promise<void> {
    if (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    for (const { kv } of this.#parts.caches) kv.close();
    this.#parts.onClose();
  }

  #admit(input: SegmentInput, position: number, count: number): void {
    this.#mustBeOpen();
    if ((input.kind === "ids") !== this.segment.embedding)
      throw new Error("ids go to a segment with an embedding, hidden states to one without");
    if (!Number.isInteger(count) || count < 1) throw new Error(`a step of ${count} positions`);
    if (position > this.#held || position < 0) fail({ code: "position-gap", position, held: this.#held });
    if (position + count > this.capacity) fail({ code: "context-full", capacity: this.capacity });
    if (input.kind === "ids") this.#admitIds(input.ids);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Error("this segment session is closed");
  }

  #admitIds(ids: ArrayLike<number>): void {
    const { vocabulary } = this.#parts.architecture;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? -1;
      if (!(id >= 0 && id < vocabulary))
        fail({ code: "bad-value", key: "token id", value: String(id), expected: `an id below ${vocabulary}` });
    }
  }

  /** The caches of blocks [from, to), with each block's place in its cache. */
  #caches(from: number, to: number): readonly { kv: KvCache; place: number }[] {
    const found = this.#parts.caches.flatMap(({ kv, from: first }) =>
      Array.from({ length: kv.shape.blocks }, (_, place) => ({ kv, place, block: first + place })),
    );
    const asked = found.filter(({ block }) => block >= from && block < to);
    if (asked.length !== to - from)
      fail({ code: "cut-out-of-range", cut: from, blocks: this.#parts.architecture.blocks });
    return asked;
  }
}
