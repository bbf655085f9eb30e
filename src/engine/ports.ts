/**
 * What the engine needs from the world, as interfaces: adapters in `runtime/web`, `runtime/node`
 * and `workers` keep them, and one contract suite each runs over every adapter.
 */
import type { Segment } from "#core/model/architecture.ts";
import type { ModelManifest, Shard } from "#core/model/manifest.ts";
import type { Reads } from "#core/model/widen.ts";
import type { BlockMatrices } from "#core/onnx/shard-weights.ts";
import type { AttentionHeads } from "#core/wasm/attention.ts";
import type { RowMemory } from "#core/wasm/row-memory.ts";
import type { DeviceDescription, TierMemory } from "#core/run/tier-description.ts";
import type { DownMessage, Hello, UpMessage, Want, Welcome } from "#wire/messages.ts";

/** Milliseconds since an arbitrary origin, never going back. */
export interface Clock {
  now(): number;
}

/** The part of AbortSignal that the engine uses: every host's own fits. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export type SegmentInput =
  | { readonly kind: "ids"; readonly ids: ArrayLike<number> } // [n]
  | { readonly kind: "hidden"; readonly hidden: Float32Array }; // [n, hidden]

export type SegmentOutput =
  | { readonly kind: "hidden"; readonly hidden: Float32Array; readonly positions: number } // [positions, hidden]
  | { readonly kind: "logits"; readonly logits: Float32Array; readonly positions: number }; // [positions, vocabulary]

/** Keys and values of blocks [from, to) and positions [0, positions), per block [kvHeads, positions, headSize]. */
export interface KvSlice {
  readonly from: number;
  readonly to: number;
  readonly positions: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/**
 * One tier's segment with its KV cache. `step` computes positions [position, position + n) and may
 * repeat or rewrite positions it has seen: what lies behind `position + n` is forgotten.
 * Throws Failed: position-gap past what is held, context-full past the capacity, device-lost.
 */
export interface SegmentSession {
  readonly segment: Segment;
  readonly capacity: number;
  /** Positions held: the next step may start anywhere in [0, position]. */
  readonly position: number;
  /** Steps of such sessions of one host that are asked for in one turn share each pass over the weights. */
  readonly batches?: boolean;
  /** `want` says which positions of the output are returned; a segment without KV cache takes position 0 only. */
  step(input: SegmentInput, position: number, want: Want): Promise<SegmentOutput>;
  /** A number, not a copy. */
  rewind(position: number): void;
  exportKv(from: number, to: number, positions: number): Promise<KvSlice>;
  importKv(slice: KvSlice): Promise<void>;
  memory(): TierMemory;
  close(): Promise<void>;
}

export interface SegmentOptions {
  /** Positions the KV cache must be able to hold. */
  readonly capacity: number;
  /** Without it no past is allocated: every step starts at position 0. */
  readonly kvCache: boolean;
}

/** One model on one runtime: opens any of its segments, holding each weight once. */
export interface ModelHost {
  readonly manifest: ModelManifest;
  readonly runtime: DeviceDescription;
  open(segment: Segment, options: SegmentOptions, signal?: CancelSignal): Promise<SegmentSession>;
  memory(): TierMemory;
  /** Lets go of what was compiled for sessions that are closed. */
  trim(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What one compiled graph holds. "segment": what a session asks for, which is the least to load.
 * "block": one block, so that cuts share weights, at the price of a run for each. "piece": what lies between two
 * attentions, which stand outside (`Runtime.attention`), so that cuts share weights and many sessions share a run;
 * a model whose attention the runtime cannot put outside is compiled by segments there.
 */
export type Grain = "block" | "segment" | "piece";

/**
 * An inference engine, as little as it takes: compile a graph whose weights are external data, run
 * it. Implemented over onnxruntime-web (WebGPU, wasm) and onnxruntime-node (CPU, WebGPU).
 */
export interface Runtime extends Reads {
  readonly description: DeviceDescription;
  readonly grain: Grain;
  /** How its KV caches are kept: updated in place, or this step's rows appended where every byte is copied. */
  readonly cacheStyle: "in-place" | "rows";
  /** How it reads matrices in blocks; left out where they are decoded to float32 before it sees them. */
  readonly blocks?: BlockMatrices;
  /** `graph` is a ModelProto; `weights` are keyed by the external-data location the graph names. */
  compile(graph: Uint8Array, weights: ReadonlyMap<string, Uint8Array>): Promise<Program>;
  /** A zeroed cache for `blocks` blocks that `Program.run` reads and writes. */
  allocateKv(shape: KvShape, capacity: number): KvCache;
  /** Attention outside the graphs, with memory of its own; null where it is not to be had, or not with these heads. */
  readonly attention?: (heads: AttentionHeads, context: number) => PagedAttention | null;
  /** Memory and kernels for programs of one row; null where a run of the runtime's own is as fast. */
  readonly rowMemory?: () => RowMemory | null;
  close(): Promise<void>;
}

/** Attention over caches in pages. */
export interface PagedAttention {
  /** An empty cache for so many blocks. */
  allocate(blocks: number, capacity: number): PagedKv;
  /** Pages that open caches hold: a test counts them back to zero. */
  readonly pages: number;
  /**
   * Adds the keys and values of `projections` [rows, (heads + 2 kvHeads) · headSize] to their sequences' caches, where
   * there is room for them, and attends: [rows, heads · headSize]. One call at a time.
   */
  attend(sequences: readonly SequenceRows[], projections: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Some rows of a batch: consecutive positions of one sequence, in one block. */
export interface SequenceRows {
  readonly kv: PagedKv;
  /** The block's place in the cache. */
  readonly place: number;
  readonly position: number;
  readonly count: number;
  /** Positions that each attends to, its own among them; null for all before it. */
  readonly window: number | null;
}

export interface PagedKv extends KvCache {
  /** Room for `positions`; throws Failed out-of-memory. */
  reserve(positions: number): void;
}

export interface KvShape {
  readonly blocks: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

/** Keys and values of some consecutive blocks; the runtime that made it knows where they are. */
export interface KvCache {
  readonly shape: KvShape;
  readonly capacity: number;
  readonly bytes: number;
  read(block: number, positions: number): Promise<{ readonly keys: Float32Array; readonly values: Float32Array }>;
  write(block: number, positions: number, keys: Float32Array, values: Float32Array): Promise<void>;
  close(): void;
}

export type HostTensor =
  | { readonly type: "float32"; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: "int32"; readonly data: Int32Array; readonly dims: readonly number[] }
  | { readonly type: "int64"; readonly data: BigInt64Array; readonly dims: readonly number[] }
  | { readonly type: "bool"; readonly data: Uint8Array; readonly dims: readonly number[] };

/** A compiled graph. Past keys and values are fed from `kv`, and this step's are in it afterwards. */
export interface Program {
  run(
    inputs: Readonly<Record<string, HostTensor>>,
    outputs: readonly string[],
    kv: KvCache | null,
  ): Promise<Readonly<Record<string, HostTensor>>>;
  close(): Promise<void>;
}

/** Where shards come from: fetched, checked against their hash, kept. */
export interface ShardStore {
  /** Bytes whose SHA-256 is the shard's. Throws Failed: download-failed, shard-corrupt, stopped. */
  get(
    shard: Shard,
    onProgress: (doneBytes: number, fromCache: boolean) => void,
    signal?: CancelSignal,
  ): Promise<Uint8Array>;
  holds(shard: Shard): Promise<boolean>;
}

export interface Tokenizer {
  /** Plain text: what looks like a control token is spelled out, never parsed as one. */
  encode(text: string): readonly number[];
  /** A text to go on with: `encode`, and what the tokenizer puts around one, such as a token that begins it. */
  prompt(text: string): readonly number[];
  /** Control tokens are written out, as in `<|call|>`. */
  decode(ids: readonly number[]): string;
  /** The conversation through the model's chat template, as ids. */
  conversation(messages: readonly { readonly role: string; readonly content: string }[]): readonly number[];
}

/** What a hop behind the edge took, as the edge before it measured. Times in ms. */
export interface FurtherExchange {
  readonly linkMs: number;
  readonly queueMs: number;
  readonly computeMs: number;
}

/** What one exchange over the link took. Times in ms, sizes in bytes of real messages. */
export interface Exchange {
  /**
   * From handing the message over to having the reply, on the caller's side of the socket; for a
   * later reply of a stream, from the reply before it.
   */
  readonly roundTripMs: number;
  readonly queueMs: number;
  readonly computeMs: number;
  /** Of an outage in between, which is no part of the round trip; left out where there was none. */
  readonly outageMs?: number;
  /** What the shaper added, exactly. */
  readonly addedUpMs: number;
  readonly addedDownMs: number;
  readonly upBytes: number;
  readonly downBytes: number;
  /** Of the hops behind the edge, in order; left out where there are none. */
  readonly further?: readonly FurtherExchange[];
  /** A later reply of a stream: its transit overlapped with the edge's work on it and on those before. */
  readonly pipelined: boolean;
}

export interface Reply {
  readonly message: DownMessage;
  readonly exchange: Exchange;
}

/** The way to an edge server. Shaping, reconnecting and resuming happen behind it. */
export interface Channel {
  /** Throws Failed: edge-unreachable, protocol-mismatch, edge-full, access-denied, and what the edge refuses with. */
  open(hello: Hello, signal?: CancelSignal): Promise<EdgeSession>;
}

/**
 * A session at the edge. A dropped socket is resumed and what was unanswered is asked again; when
 * the edge has lost the session these throw `session-lost` and the strategy replays.
 */
export interface EdgeSession {
  readonly welcome: Welcome;
  /** One message, one reply. The channel numbers it. Throws the failure a reply carries. */
  ask(message: Unnumbered<UpMessage>, signal?: CancelSignal): Promise<Reply>;
  /** One message, replies until one ends the stream. Leaving the loop early sends `stop`. */
  stream(message: Unnumbered<UpMessage>, signal?: CancelSignal): AsyncIterable<Reply>;
  close(): Promise<void>;
}

export type Unnumbered<M> = M extends unknown ? Omit<M, "sequence"> : never;
