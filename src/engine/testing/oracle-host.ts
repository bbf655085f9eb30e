/**
 * A model host over the float64 reference, for tests of what runs on top of one: no keys and values
 * are kept, every step is a function of all inputs so far, beyond doubt. Counts what is open.
 */
import type { Segment } from "#core/model/architecture.ts";
import { shardsOf } from "#core/model/manifest.ts";
import type { Matrix } from "#core/reference/layers.ts";
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
    const hidden = blocksFrom(this.#model, this.segment, all, want === "all" ? position : all.length - 1);
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

/** Rows after blocks, by model, segment and all inputs up to the row: tests compare runs, which ask the same again and again. */
const known = new Map<string, Float64Array>();
const MOST_KNOWN = 50_000; // half a kilobyte each

/** The rows from `first` on after the segment's blocks. A row depends on no input behind it. */
function blocksFrom({ manifest, weights }: TinyModel, { from, to }: Segment, inputs: Matrix, first: number): Matrix {
  const keys = prefixKeys(`${manifest.revision} ${from} ${to}`, inputs);
  const found = keys.slice(first).flatMap((key) => known.get(key) ?? []);
  if (found.length === inputs.length - first) return found;
  const rows = referenceBlocks(manifest.architecture, weights, inputs, from, to);
  if (known.size > MOST_KNOWN) known.clear();
  for (const [at, row] of rows.entries()) known.set(keys[at] ?? "", row);
  return rows.slice(first);
}

/** A key for each row with all rows before it: two hashes of their bits, 64 in all. */
function prefixKeys(what: string, rows: Matrix): readonly string[] {
  let [one, other] = [0x811c9dc5, 0x9e3779b9];
  return rows.map((row) => {
    for (const word of new Uint32Array(row.slice().buffer)) {
      one = Math.imul((one << 5) ^ (one >>> 27) ^ word, 0x9e3779b1);
      other = Math.imul((other << 13) ^ (other >>> 19) ^ word, 0x85ebca6b);
    }
    return `${what} ${one} ${other}`;
  });
}

const flat = (rows: readonly Float64Array[]): Float32Array => Float32Array.from(rows.flatMap((row) => [...row]));
const rowsOf = (hidden: Float32Array, width: number): readonly Float64Array[] =>
  Array.from({ length: hidden.length / width }, (_, row) =>
    Float64Array.from(hidden.subarray(row * width, (row + 1) * width)),
  );
