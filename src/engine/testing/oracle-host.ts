/**
 * A model host over the float64 reference, for tests of what runs on top of one: no cache, every
 * step computed anew from all inputs so far, slow and beyond doubt. Counts what is open.
 */
import type { Segment } from "#core/model/architecture.ts";
import { shardsOf } from "#core/model/manifest.ts";
import { referenceBlocks, referenceEmbedding, referenceExit, referenceHead } from "#core/reference/reference.ts";
import { fail } from "#core/run/failure.ts";
import type { Want } from "#wire/messages.ts";
import type { ModelHost, SegmentInput, SegmentOptions, SegmentOutput, SegmentSession } from "../ports.ts";
import type { HostRequest } from "../run/world.ts";
import type { TinyModel } from "./tiny-model.ts";

export class OracleHost implements ModelHost {
  readonly manifest: TinyModel["manifest"];
  readonly runtime: ModelHost["runtime"] = {
    runtime: "reference",
    backend: "cpu",
    adapter: null,
    software: true,
    threads: 1,
  };
  readonly model: TinyModel;
  readonly #open = new Set<SegmentSession>();
  readonly #readShard: HostRequest["readShard"] | null;

  constructor(model: TinyModel, readShard: HostRequest["readShard"] | null = null) {
    this.model = model;
    this.manifest = model.manifest;
    this.#readShard = readShard;
  }

  get openSessions(): number {
    return this.#open.size;
  }

  async open(segment: Segment, options: SegmentOptions): Promise<SegmentSession> {
    for (const shard of shardsOf(this.manifest, segment)) await this.#readShard?.(shard);
    const session: SegmentSession = new ReferenceSession(this.model, segment, options, () =>
      this.#open.delete(session),
    );
    this.#open.add(session);
    return session;
  }

  memory(): { weightBytes: number; kvBytes: number } {
    return { weightBytes: 1, kvBytes: this.#open.size };
  }

  async trim(): Promise<void> {}

  async close(): Promise<void> {
    for (const session of this.#open) await session.close();
  }
}

class ReferenceSession implements SegmentSession {
  readonly segment: Segment;
  readonly capacity: number;
  readonly #model: TinyModel;
  readonly #kvCache: boolean;
  readonly #onClose: () => void;
  #rows: readonly Float64Array[] = []; // inputs of positions [0, position)

  constructor(model: TinyModel, segment: Segment, { capacity, kvCache }: SegmentOptions, onClose: () => void) {
    this.#model = model;
    this.segment = segment;
    this.capacity = capacity;
    this.#kvCache = kvCache;
    this.#onClose = onClose;
  }

  get position(): number {
    return this.#rows.length;
  }

  async step(input: SegmentInput, position: number, want: Want): Promise<SegmentOutput> {
    const { weights, manifest } = this.#model;
    const a = manifest.architecture;
    if (position > this.#rows.length) fail({ code: "position-gap", position, held: this.#rows.length });
    const rows =
      input.kind === "ids" ? referenceEmbedding(a, weights, Array.from(input.ids)) : rowsOf(input.hidden, a.hidden);
    if (position + rows.length > this.capacity) fail({ code: "context-full", capacity: this.capacity });
    const all = [...this.#rows.slice(0, position), ...rows];
    this.#rows = this.#kvCache ? all : [];
    const hidden = referenceBlocks(a, weights, all, this.segment.from, this.segment.to).slice(
      want === "all" ? position : -1,
    );
    const positions = hidden.length;
    if (!this.segment.head) return { kind: "hidden", hidden: flat(hidden), positions };
    const { exit } = this.segment;
    const logits = exit === undefined ? referenceHead(a, weights, hidden) : referenceExit(a, weights, exit, hidden);
    return { kind: "logits", logits: flat(logits), positions };
  }

  rewind(position: number): void {
    if (position > this.#rows.length) fail({ code: "position-gap", position, held: this.#rows.length });
    this.#rows = this.#rows.slice(0, position);
  }

  exportKv(): never {
    throw new Error("the reference has no keys and values to export");
  }

  importKv(): never {
    throw new Error("the reference has no keys and values to import");
  }

  /** A byte a block. */
  memory(): { weightBytes: number; kvBytes: number } {
    return { weightBytes: this.segment.to - this.segment.from, kvBytes: 1 };
  }

  async close(): Promise<void> {
    this.#onClose();
  }
}

const flat = (rows: readonly Float64Array[]): Float32Array => Float32Array.from(rows.flatMap((row) => [...row]));
const rowsOf = (hidden: Float32Array, width: number): readonly Float64Array[] =>
  Array.from({ length: hidden.length / width }, (_, row) =>
    Float64Array.from(hidden.subarray(row * width, (row + 1) * width)),
  );
