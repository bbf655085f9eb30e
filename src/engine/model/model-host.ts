/**
 * One model on one runtime. Opens any segment as a session over a KV cache of its own: a chain of compiled graphs
 * ("stages"), a segment or one block each, or pieces with attention outside them, as the runtime prefers. Graphs are
 * compiled once and shared by every session that needs them, so weights are in memory once whatever the cuts; a stage
 * nobody uses is released when `trim` is called.
 */
import type { Segment } from "#core/model/architecture.ts";
import { isBlocks } from "#core/model/stored-type.ts";
import { kvOf } from "#core/model/families/registry.ts";
import { everyShard, shardsOf, type ModelManifest, type Shard, type ShardTensor } from "#core/model/manifest.ts";
import { widenBytes, widenManifest } from "#core/model/widen.ts";
import { rotaryTables, tablesOf, type RotaryTables } from "#core/model/rotary.ts";
import { canBeParted, pieceGraph, type Piece } from "#core/onnx/piece-graph.ts";
import { PORTS } from "#core/onnx/ports.ts";
import { ROTARY, rotaryBytes, rotaryWeights } from "#core/onnx/rotary-weights.ts";
import { segmentGraph, type GraphOptions, type SegmentWeights } from "#core/onnx/segment-graph.ts";
import { weightsOfShards } from "#core/onnx/shard-weights.ts";
import { fail } from "#core/run/failure.ts";
import { MOST_ROW_WEIGHTS, type RowMemory } from "#core/wasm/row-memory.ts";
import type { WeightBytes } from "#core/wasm/row-program.ts";
import { allOf } from "../all-of.ts";
import { Batcher } from "./batcher.ts";
import { runTogether, type PieceRun, type PieceStep } from "./piece-batch.ts";
import { piecesOf, throughPieces } from "./piece-pass.ts";
import { PieceRows } from "./piece-rows.ts";
import { CachedSession, type SessionParts } from "./segment-session.ts";
import { throughStages, type Stage } from "./stage-chain.ts";
import type {
  CancelSignal,
  Grain,
  KvCache,
  ModelHost,
  PagedAttention,
  PagedKv,
  Program,
  Runtime,
  SegmentOptions,
} from "../ports.ts";

export type ReadShard = (shard: Shard, signal?: CancelSignal) => Promise<Uint8Array>;

export function createModelHost(runtime: Runtime, manifest: ModelManifest, readShard: ReadShard): CompilingHost {
  return new CompilingHost(runtime, manifest, readShard);
}

/** A graph to compile. */
type StagePlan =
  | { readonly grain: "block" | "segment"; readonly segment: Segment }
  | { readonly grain: "piece"; readonly piece: Piece };

/** Where attention is outside the graphs: it, who gathers steps for one pass, and what computes one row alone. */
interface Outside {
  readonly attention: PagedAttention;
  readonly batcher: Batcher<PieceStep>;
  readonly rows: RowMemory | null;
}

interface Compiled {
  readonly program: Program;
  /** Of a piece; null where nothing computes one row alone. */
  readonly rows: PieceRows | null;
}

interface CompiledStage {
  readonly compiled: Promise<Compiled>;
  readonly weightBytes: number;
  users: number;
}

export class CompilingHost implements ModelHost {
  readonly manifest: ModelManifest;
  readonly #engine: Runtime;
  readonly #readShard: ReadShard;
  readonly #stages = new Map<string, CompiledStage>();
  readonly #sessions = new Set<CachedSession>();
  /** As the runtime reads it. */
  readonly #widened: ModelManifest;
  readonly #weights: SegmentWeights;
  readonly #tables: RotaryTables;
  /** Null where graphs are not pieces. */
  readonly #outside: Outside | null;

  constructor(runtime: Runtime, manifest: ModelManifest, readShard: ReadShard) {
    this.#engine = runtime;
    this.manifest = manifest;
    this.#widened = widenManifest(manifest, runtime);
    this.#weights = weightsOfShards(this.#widened, runtime.blocks);
    this.#readShard = readShard;
    this.#tables = rotaryTables(manifest.architecture);
    this.#outside = this.#attendsOutside();
  }

  get runtime(): Runtime["description"] {
    return this.#engine.description;
  }

  /** Throws Failed: cut-out-of-range, prompt-too-long for a capacity beyond the context, stopped, and what reading shards throws. */
  async open(segment: Segment, options: SegmentOptions, signal?: CancelSignal): Promise<CachedSession> {
    const { blocks, context } = this.manifest.architecture;
    if (segment.from < 0 || segment.from > segment.to || segment.to > blocks)
      fail({ code: "cut-out-of-range", cut: segment.from < 0 ? segment.from : segment.to, blocks });
    if (options.capacity > context) fail({ code: "prompt-too-long", tokens: options.capacity, capacity: context });
    const outside = segment.exit === undefined ? this.#outside : null;
    const plans = outside === null ? stagePlans(segment, this.#engine.grain) : piecePlans(segment, blocks);
    const read = readOnce(this.#readShard, signal);
    const stages = plans.map((plan) => this.#acquire(plan, outside !== null || options.kvCache, read, signal));
    const kvs: KvCache[] = [];
    try {
      // A stage that still compiles for somebody who gave up must not be found by the next, and fail it with the first one's reason.
      const compiled = await allOf(stages.map((stage) => stage.compiled));
      const how =
        outside === null
          ? this.#chained(segment, options, plans, compiled, kvs)
          : this.#pieced(segment, options, outside, compiled, kvs);
      const session = new CachedSession({
        architecture: this.manifest.architecture,
        segment,
        ...options,
        ...how,
        weightBytes: stages.reduce((sum, stage) => sum + stage.weightBytes, this.#rowBytes(compiled)),
        onClose: () => this.#release(session, stages),
      });
      this.#sessions.add(session);
      return session;
    } catch (thrown) {
      for (const kv of kvs) kv.close();
      for (const stage of stages) this.#abandon(stage);
      throw thrown;
    }
  }

  /** Weights of every compiled stage, blocks or float32 as the runtime holds them, those that one row is computed with, and the caches of open sessions. */
  memory(): { weightBytes: number; kvBytes: number } {
    const ofRows = this.#outside?.rows?.heldBytes ?? 0;
    const weightBytes = [...this.#stages.values()].reduce((sum, stage) => sum + stage.weightBytes, ofRows);
    const kvBytes = [...this.#sessions].reduce((sum, session) => sum + session.memory().kvBytes, 0);
    return { weightBytes, kvBytes };
  }

  /** Sessions open: a test counts them back to zero. */
  get openSessions(): number {
    return this.#sessions.size;
  }

  /** Releases the stages that no session uses. */
  async trim(): Promise<void> {
    for (const [key, stage] of this.#stages) {
      if (stage.users > 0) continue;
      this.#stages.delete(key);
      await stage.compiled.then(
        ({ program, rows }) => {
          rows?.close();
          return program.close();
        },
        () => undefined,
      ); // whoever wanted one that failed was told
    }
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) await session.close();
    await this.trim();
    await this.#outside?.attention.close();
  }

  #acquire(plan: StagePlan, kvCache: boolean, read: ReadOnce, signal?: CancelSignal): CompiledStage {
    const key = keyOf(plan, kvCache);
    const known = this.#stages.get(key);
    const stage = known ?? {
      compiled: this.#compile(plan, kvCache, read, signal),
      weightBytes: this.#weightBytes(plan),
      users: 0,
    };
    if (known === undefined) {
      this.#stages.set(key, stage);
      stage.compiled.catch(() => this.#stages.delete(key)); // a stage that failed to compile is tried again next time
    }
    stage.users++;
    return stage;
  }

  #abandon(stage: CompiledStage): void {
    stage.users--;
  }

  #release(session: CachedSession, stages: readonly CompiledStage[]): void {
    if (!this.#sessions.delete(session)) return;
    for (const stage of stages) this.#abandon(stage);
  }

  async #compile(plan: StagePlan, kvCache: boolean, read: ReadOnce, signal?: CancelSignal): Promise<Compiled> {
    // All asked for at once: how many are fetched at a time is for the store to say.
    const wide = this.#shardsOf(plan).map(
      async (shard) => [shard.sha256, widenBytes(shard, await read(shard), this.#engine)] as const,
    );
    const weights = new Map<string, Uint8Array>(await Promise.all(wide));
    if (signal?.aborted === true) fail({ code: "stopped" });
    if (this.#tables.columns > 0 && this.#turns(plan)) weights.set(ROTARY, rotaryBytes(this.#tables));
    const rows = this.#rowsOf(plan, weights);
    try {
      return { program: await this.#engine.compile(this.#graphOf(plan, kvCache), weights), rows };
    } catch (thrown) {
      rows?.close();
      throw thrown;
    }
  }

  #rowsOf(plan: StagePlan, bytes: WeightBytes): PieceRows | null {
    const memory = this.#outside?.rows ?? null;
    if (plan.grain !== "piece" || memory === null) return null;
    const { architecture } = this.manifest;
    const weights = this.#weights;
    return new PieceRows(memory, { architecture, weights, rotary: this.#rotary, piece: plan.piece }, bytes);
  }

  /** What single rows are computed with: beside the graphs' weights. */
  #rowBytes(compiled: readonly Compiled[]): number {
    return this.#outside?.rows?.bytesOf(compiled.flatMap(({ rows }) => rows?.keys ?? [])) ?? 0;
  }

  #graphOf(plan: StagePlan, kvCache: boolean): Uint8Array {
    const { architecture } = this.manifest;
    const { cacheStyle } = this.#engine;
    const shards = this.#weights;
    const tables = this.#rotary;
    if (plan.grain === "piece") return pieceGraph(architecture, shards, tables, plan.piece);
    const rotary: GraphOptions["rotary"] = plan.grain === "block" ? { kind: "inputs" } : tables;
    return segmentGraph(architecture, plan.segment, shards, { cache: kvCache ? cacheStyle : "none", rotary });
  }

  /** Whether its graph has the rotary tables. */
  #turns(plan: StagePlan): boolean {
    if (plan.grain === "piece") return plan.piece.after && plan.piece.index < this.manifest.architecture.blocks;
    return plan.grain === "segment" && plan.segment.to > plan.segment.from;
  }

  #shardsOf(plan: StagePlan): readonly Shard[] {
    return shardsOf(this.manifest, plan.grain === "piece" ? this.#around(plan.piece) : plan.segment);
  }

  /** What a piece's graph has parts of: of each of its blocks one half, or the other. */
  #around({ index, after }: Piece): Segment {
    const { blocks } = this.manifest.architecture;
    const [from, to] = [Math.max(0, index - 1), after ? Math.min(index + 1, blocks) : index];
    return { embedding: index === 0, from, to, head: after && index === blocks };
  }

  /** The rotary tables as weights of a graph. */
  get #rotary() {
    return { kind: "weights", ...rotaryWeights(this.#tables) } as const;
  }

  #attendsOutside(): Outside | null {
    if (this.#engine.grain !== "piece") return null;
    const { architecture: a } = this.manifest;
    if (!canBeParted(a, this.#weights, this.#rotary)) return null;
    const scale = a.attentionScale ?? 1 / Math.sqrt(a.headSize);
    const attention = this.#engine.attention?.({ heads: a.heads, ...kvOf(a), scale }, a.context) ?? null;
    if (attention === null) return null;
    const batcher = new Batcher<PieceStep>((steps) => runTogether(a, attention, steps));
    const stored = everyShard(this.manifest).reduce((sum, { bytes }) => sum + bytes, 0);
    return { attention, batcher, rows: stored <= MOST_ROW_WEIGHTS ? (this.#engine.rowMemory?.() ?? null) : null };
  }

  /** Without a cache pages are taken for each step alone and given back behind it: the graphs are those of everybody. */
  #pieced(
    segment: Segment,
    { capacity, kvCache }: SegmentOptions,
    { attention, batcher }: Outside,
    compiled: readonly Compiled[],
    opened: KvCache[],
  ): Pick<SessionParts, "caches" | "batches" | "compute"> {
    const { architecture } = this.manifest;
    const runs = piecesOf(segment, architecture.blocks).map((piece, place): PieceRun => {
      const made = compiled[place];
      if (made === undefined) throw new Error("a piece without its program");
      return { piece, program: made.program, alone: made.rows?.program(piece.before) ?? null };
    });
    const allocated = (): PagedKv | null =>
      segment.from < segment.to ? attention.allocate(segment.to - segment.from, capacity) : null;
    const through = (kv: PagedKv | null) => throughPieces({ architecture, segment, runs, kv }, batcher);
    if (!kvCache) {
      const compute: SessionParts["compute"] = (...step) => {
        const kv = allocated();
        return through(kv)(...step).finally(() => kv?.close());
      };
      return { caches: [], batches: true, compute };
    }
    const kv = allocated();
    if (kv !== null) opened.push(kv);
    return { caches: kv === null ? [] : [{ from: segment.from, kv }], batches: true, compute: through(kv) };
  }

  #chained(
    segment: Segment,
    options: SegmentOptions,
    plans: readonly StagePlan[],
    compiled: readonly Compiled[],
    opened: KvCache[],
  ): Pick<SessionParts, "caches" | "batches" | "compute"> {
    const stages = plans.flatMap((plan, index) =>
      plan.grain === "piece" ? [] : [this.#stageOf(plan, compiled[index]?.program, options, opened)],
    );
    const caches = stages.flatMap(({ kv, segment: { from } }) => (kv === null ? [] : [{ from, kv }]));
    const cache = options.kvCache ? this.#engine.cacheStyle : "none";
    return { caches, batches: false, compute: throughStages(this.manifest.architecture, segment, cache, stages) };
  }

  /** A stage with a cache of its own, null where it has none; also added to `opened`, for whoever has to close it if the others fail. */
  #stageOf(
    { grain, segment }: Exclude<StagePlan, { grain: "piece" }>,
    program: Program | undefined,
    options: SegmentOptions,
    opened: KvCache[],
  ): Stage {
    if (program === undefined) throw new Error("a stage without its program");
    const { from, to } = segment;
    const shape = { blocks: to - from, ...kvOf(this.manifest.architecture) };
    const kv = options.kvCache && from < to ? this.#engine.allocateKv(shape, options.capacity) : null;
    if (kv !== null) opened.push(kv);
    return { segment, program, kv, inputs: grain === "block" && from < to ? this.#tablesAt(from) : NOTHING };
  }

  /** A small graph is fed its rotary tables at every step. */
  #tablesAt(block: number): Stage["inputs"] {
    const { rows, columns, cosine, sine } = tablesOf(this.manifest.architecture, this.#tables, block);
    const dims = [rows, columns];
    return {
      [PORTS.cosine]: { type: "float32", data: cosine, dims },
      [PORTS.sine]: { type: "float32", data: sine, dims },
    };
  }

  /** Of a block's weights both halves are counted with the piece that ends it. */
  #weightBytes(plan: StagePlan): number {
    const segment = plan.grain === "piece" ? this.#around(plan.piece) : plan.segment;
    const counted = plan.grain === "piece" ? { ...segment, to: Math.min(segment.to, plan.piece.index) } : segment;
    return shardsOf(this.#widened, counted)
      .flatMap(({ tensors }) => tensors)
      .reduce((sum, tensor) => sum + heldBytes(tensor), 0);
  }
}

/** Blocks as they are packed, all else as float32. */
const heldBytes = ({ type, shape, bytes }: ShardTensor): number =>
  isBlocks(type) ? bytes : 4 * shape.reduce((product, size) => product * size, 1);

const NOTHING: Stage["inputs"] = {};

type ReadOnce = (shard: Shard) => Promise<Uint8Array>;

/** Each shard once: two pieces have a block's halves. */
function readOnce(read: ReadShard, signal?: CancelSignal): ReadOnce {
  const asked = new Map<string, Promise<Uint8Array>>();
  return (shard) => {
    const known = asked.get(shard.sha256) ?? read(shard, signal);
    asked.set(shard.sha256, known);
    return known;
  };
}

const piecePlans = (segment: Segment, blocks: number): readonly StagePlan[] =>
  piecesOf(segment, blocks).map((piece) => ({ grain: "piece", piece }));

/** One graph for the whole segment, or one for each of its parts. */
function stagePlans(segment: Segment, grain: Grain): readonly StagePlan[] {
  if (grain !== "block") return [{ grain: "segment", segment }];
  const blocks = Array.from({ length: segment.to - segment.from }, (_, i) => ({
    embedding: false,
    from: segment.from + i,
    to: segment.from + i + 1,
    head: false,
  }));
  const ends = { from: segment.to, to: segment.to };
  const parts = [
    ...(segment.embedding ? [{ embedding: true, from: segment.from, to: segment.from, head: false }] : []),
    ...blocks,
    ...(segment.head
      ? [{ embedding: false, ...ends, head: true, ...(segment.exit === undefined ? {} : { exit: segment.exit }) }]
      : []),
  ];
  return parts.map((part) => ({ grain, segment: part }));
}

/** Graphs of one key are the same. */
function keyOf(plan: StagePlan, kvCache: boolean): string {
  if (plan.grain === "piece") return `piece ${plan.piece.index}${plan.piece.after ? "" : " begun"}`;
  const { embedding, from, to, head, exit } = plan.segment;
  return `${plan.grain} ${embedding ? "e" : ""}${from}-${to}${head ? "h" : ""}${exit ?? ""}${kvCache ? "" : " stateless"}`;
}
