/**
 * A segment session over compiled stages: the hidden state goes through them in order, each with
 * its own blocks' cache. `position` is always explicit: a repeated step writes the same keys and
 * values again, and what lies behind it is simply no longer attended to, so rewinding is a number.
 */
import type { Architecture, Segment } from "#core/model/architecture.ts";
import { PORTS } from "#core/onnx/ports.ts";
import type { CacheStyle } from "#core/onnx/segment-graph.ts";
import { fail } from "#core/run/failure.ts";
import type { Want } from "#wire/messages.ts";
import type { HostTensor, KvCache, KvSlice, Program, SegmentInput, SegmentOutput, SegmentSession } from "../ports.ts";

export interface Stage {
  readonly segment: Segment;
  readonly program: Program;
  /** Null without blocks, or without KV cache. */
  readonly kv: KvCache | null;
  /** What it is fed beside the step itself, of so many positions. */
  readonly inputs: (count: number) => Readonly<Record<string, HostTensor>>;
}

export class ChainSession implements SegmentSession {
  readonly segment: Segment;
  readonly capacity: number;
  readonly #architecture: Architecture;
  readonly #cache: CacheStyle;
  readonly #stages: readonly Stage[];
  readonly #onClose: () => void;
  #held = 0;
  #closed = false;

  constructor(
    architecture: Architecture,
    segment: Segment,
    options: { readonly capacity: number; readonly cache: CacheStyle },
    stages: readonly Stage[],
    onClose: () => void,
  ) {
    this.#architecture = architecture;
    this.segment = segment;
    this.capacity = options.capacity;
    this.#cache = options.cache;
    this.#stages = stages;
    this.#onClose = onClose;
  }

  get position(): number {
    return this.#held;
  }

  async step(input: SegmentInput, position: number, want: Want): Promise<SegmentOutput> {
    const count = input.kind === "ids" ? input.ids.length : input.hidden.length / this.#architecture.hidden;
    this.#admit(input, position, count);
    const total = position + count;
    this.#held = position; // were a stage to fail half way, nothing behind `position` could be trusted
    let flowing: HostTensor = this.#firstInput(input, count);
    for (const stage of this.#stages) flowing = await this.#runStage(stage, flowing, count, total, want);
    this.#held = this.#cache === "none" ? 0 : total;
    return this.#output(flowing, count, want);
  }

  rewind(position: number): void {
    if (position > this.#held || position < 0) fail({ code: "position-gap", position, held: this.#held });
    this.#held = position;
  }

  async exportKv(from: number, to: number, positions: number): Promise<KvSlice> {
    if (positions > this.#held) fail({ code: "position-gap", position: positions, held: this.#held });
    const blocks = this.#caches(from, to);
    const read = await Promise.all(blocks.map(({ kv, place }) => kv.read(place, positions)));
    return { from, to, positions, keys: read.map(({ keys }) => keys), values: read.map(({ values }) => values) };
  }

  async importKv(slice: KvSlice): Promise<void> {
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
      weightBytes: 0,
      kvBytes: this.#closed ? 0 : this.#stages.reduce((sum, { kv }) => sum + (kv?.bytes ?? 0), 0),
    };
  }

  close(): Promise<void> {
    if (!this.#closed) for (const { kv } of this.#stages) kv?.close();
    this.#closed = true;
    this.#onClose();
    return Promise.resolve();
  }

  #admit(input: SegmentInput, position: number, count: number): void {
    if (this.#closed) throw new Error("this segment session is closed");
    if ((input.kind === "ids") !== this.segment.embedding)
      throw new Error("ids go to a segment with an embedding, hidden states to one without");
    if (!Number.isInteger(count) || count < 1) throw new Error(`a step of ${count} positions`);
    if (position > this.#held || position < 0) fail({ code: "position-gap", position, held: this.#held });
    if (position + count > this.capacity) fail({ code: "context-full", capacity: this.capacity });
    if (input.kind === "ids") this.#admitIds(input.ids);
  }

  #admitIds(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? -1;
      if (!(id >= 0 && id < this.#architecture.vocabulary))
        fail({
          code: "bad-value",
          key: "token id",
          value: String(id),
          expected: `an id below ${this.#architecture.vocabulary}`,
        });
    }
  }

  #firstInput(input: SegmentInput, count: number): HostTensor {
    return input.kind === "ids"
      ? { type: "int32", data: Int32Array.from(input.ids), dims: [1, count] }
      : { type: "float32", data: input.hidden, dims: [1, count, this.#architecture.hidden] };
  }

  async #runStage(
    { segment, program, kv, inputs: given }: Stage,
    flowing: HostTensor,
    count: number,
    total: number,
    want: Want,
  ): Promise<HostTensor> {
    const inputs: Record<string, HostTensor> = {
      ...given(count),
      [segment.embedding ? PORTS.ids : PORTS.hidden]: flowing,
    };
    if (segment.embedding) {
      const data = Int32Array.from({ length: count }, (_, i) => total - count + i);
      inputs[PORTS.positions] = { type: "int32", data, dims: [1, count] };
    }
    if (segment.to > segment.from) {
      inputs[PORTS.lastPosition] = int32([total - 1]);
      inputs[PORTS.total] = int32([total]);
      if (this.#cache === "rows")
        inputs[PORTS.start] = { type: "int64", data: BigInt64Array.of(BigInt(total - count)), dims: [1] };
    }
    if (segment.head)
      inputs[PORTS.wanted] = int32(want === "all" ? Array.from({ length: count }, (_, i) => i) : [count - 1]);
    const name = segment.head ? PORTS.logits : PORTS.output;
    const result = (await program.run(inputs, [name], kv))[name];
    if (result === undefined) throw new Error(`the program gave no ${name}`);
    return result;
  }

  #output(flowing: HostTensor, count: number, want: Want): SegmentOutput {
    if (flowing.type !== "float32") throw new Error("a segment ends in float32");
    if (this.segment.head) return { kind: "logits", logits: flowing.data, positions: want === "all" ? count : 1 };
    const { hidden } = this.#architecture;
    return want === "last"
      ? { kind: "hidden", hidden: flowing.data.slice((count - 1) * hidden), positions: 1 }
      : { kind: "hidden", hidden: flowing.data, positions: count };
  }

  /** The caches of blocks [from, to), with each block's place in its stage. */
  #caches(from: number, to: number): readonly { kv: KvCache; place: number }[] {
    const found = this.#stages.flatMap(({ segment, kv }) =>
      kv === null
        ? []
        : Array.from({ length: segment.to - segment.from }, (_, place) => ({ kv, place, block: segment.from + place })),
    );
    const asked = found.filter(({ block }) => block >= from && block < to);
    if (asked.length !== to - from) fail({ code: "cut-out-of-range", cut: from, blocks: this.#architecture.blocks });
    return asked;
  }
}

const int32 = (values: readonly number[]): HostTensor => ({
  type: "int32",
  data: Int32Array.from(values),
  dims: [values.length],
});
