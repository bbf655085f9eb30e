/**
 * One model on one runtime. Opens any segment as a session: a chain of compiled graphs ("stages"),
 * the whole model, a segment or one block each as the runtime prefers, run over a KV cache of the
 * session's own. Stages are compiled once and shared by every session that needs them, so weights are
 * in memory once whatever the cuts; a stage nobody uses is released when `trim` is called.
 */
import { wholeModel, type Segment } from "#core/model/architecture.ts";
import { kvOf } from "#core/model/families/registry.ts";
import { shardsOf, type ModelManifest, type Shard } from "#core/model/manifest.ts";
import { widenBytes, widenManifest } from "#core/model/widen.ts";
import { rotaryTables, tablesOf, type RotaryTables } from "#core/model/rotary.ts";
import { modelGraph } from "#core/onnx/model-graph.ts";
import { PORTS } from "#core/onnx/ports.ts";
import { ROTARY, rotaryBytes, rotaryWeights } from "#core/onnx/rotary-weights.ts";
import { segmentGraph, type GraphOptions } from "#core/onnx/segment-graph.ts";
import { weightsOfShards } from "#core/onnx/shard-weights.ts";
import { fail } from "#core/run/failure.ts";
import { allOf } from "../all-of.ts";
import { choiceInputs, NOTHING } from "./choice-inputs.ts";
import { ChainSession, type Stage } from "./segment-session.ts";
import type {
  CancelSignal,
  Grain,
  HostTensor,
  KvCache,
  ModelHost,
  Program,
  Runtime,
  SegmentOptions,
} from "../ports.ts";

export type ReadShard = (shard: Shard, signal?: CancelSignal) => Promise<Uint8Array>;

export function createModelHost(runtime: Runtime, manifest: ModelManifest, readShard: ReadShard): CompilingHost {
  return new CompilingHost(runtime, manifest, readShard);
}

/** A graph to compile, and what of it a session runs. */
interface StagePlan {
  readonly grain: Grain;
  readonly segment: Segment;
}

interface CompiledStage {
  readonly program: Promise<Program>;
  readonly weightBytes: number;
  users: number;
}

export class CompilingHost implements ModelHost {
  readonly manifest: ModelManifest;
  readonly #engine: Runtime;
  readonly #readShard: ReadShard;
  readonly #stages = new Map<string, CompiledStage>();
  readonly #sessions = new Set<ChainSession>();
  readonly #tables: RotaryTables;

  constructor(runtime: Runtime, manifest: ModelManifest, readShard: ReadShard) {
    this.#engine = runtime;
    this.manifest = manifest;
    this.#readShard = readShard;
    this.#tables = rotaryTables(manifest.architecture);
  }

  get runtime(): Runtime["description"] {
    return this.#engine.description;
  }

  /** Throws Failed: cut-out-of-range, prompt-too-long for a capacity beyond the context, stopped, and what reading shards throws. */
  async open(segment: Segment, options: SegmentOptions, signal?: CancelSignal): Promise<ChainSession> {
    const { blocks, context } = this.manifest.architecture;
    if (segment.from < 0 || segment.from > segment.to || segment.to > blocks)
      fail({ code: "cut-out-of-range", cut: segment.from < 0 ? segment.from : segment.to, blocks });
    if (options.capacity > context) fail({ code: "prompt-too-long", tokens: options.capacity, capacity: context });
    const plans = stagePlans(segment, this.#engine.grain, options);
    const compiled = plans.map((plan) => this.#acquire(plan, options.kvCache, signal));
    const kvs: KvCache[] = [];
    try {
      // A stage that still compiles for somebody who gave up must not be found by the next, and fail it with the first one's reason.
      const programs = await allOf(compiled.map(({ program }) => program));
      const stages = plans.map((plan, index) => this.#stageOf(plan, programs[index], options, kvs));
      const session = new ChainSession(
        this.manifest.architecture,
        segment,
        { capacity: options.capacity, cache: options.kvCache ? this.#engine.cacheStyle : "none" },
        stages,
        () => this.#release(session, compiled),
      );
      this.#sessions.add(session);
      return session;
    } catch (thrown) {
      for (const kv of kvs) kv.close();
      for (const stage of compiled) this.#abandon(stage);
      throw thrown;
    }
  }

  /** Weights of every compiled stage, float32 as the runtime holds them, and the caches of open sessions. */
  memory(): { weightBytes: number; kvBytes: number } {
    const weightBytes = [...this.#stages.values()].reduce((sum, stage) => sum + stage.weightBytes, 0);
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
      await stage.program.then(
        (program) => program.close(),
        () => undefined,
      ); // whoever wanted one that failed was told
    }
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) await session.close();
    await this.trim();
  }

  #acquire(plan: StagePlan, kvCache: boolean, signal?: CancelSignal): CompiledStage {
    const { grain, segment } = compiledPart(plan, this.manifest);
    const key = `${grain} ${segment.embedding ? "e" : ""}${segment.from}-${segment.to}${segment.head ? "h" : ""}${segment.exit ?? ""}${kvCache ? "" : " stateless"}`;
    const known = this.#stages.get(key);
    const stage = known ?? {
      program: this.#compile({ grain, segment }, kvCache, signal),
      weightBytes: this.#weightBytes(segment),
      users: 0,
    };
    if (known === undefined) {
      this.#stages.set(key, stage);
      stage.program.catch(() => this.#stages.delete(key)); // a stage that failed to compile is tried again next time
    }
    stage.users++;
    return stage;
  }

  #abandon(stage: CompiledStage): void {
    stage.users--;
  }

  #release(session: ChainSession, stages: readonly CompiledStage[]): void {
    if (!this.#sessions.delete(session)) return;
    for (const stage of stages) this.#abandon(stage);
  }

  async #compile({ grain, segment }: StagePlan, kvCache: boolean, signal?: CancelSignal): Promise<Program> {
    const { architecture } = this.manifest;
    const { casts, cacheStyle } = this.#engine;
    const tables = { kind: "weights", ...rotaryWeights(this.#tables) } as const;
    const rotary: GraphOptions["rotary"] = grain === "block" ? { kind: "inputs" } : tables;
    const shards = weightsOfShards(widenManifest(this.manifest, casts));
    const graph =
      grain === "model"
        ? modelGraph(architecture, shards, tables)
        : segmentGraph(architecture, segment, shards, { cache: kvCache ? cacheStyle : "none", rotary });
    // All asked for at once: how many are fetched at a time is for the store to say.
    const read = shardsOf(this.manifest, segment).map(
      async (shard) => [shard.sha256, widenBytes(shard, await this.#readShard(shard, signal), casts)] as const,
    );
    const weights = new Map<string, Uint8Array>(await Promise.all(read));
    if (signal?.aborted === true) fail({ code: "stopped" });
    const turns = this.#tables.columns > 0 && segment.to > segment.from;
    if (rotary.kind === "weights" && turns) weights.set(ROTARY, rotaryBytes(this.#tables));
    return this.#engine.compile(graph, weights);
  }

  /** A stage with a cache of its own, null where it has none; also added to `opened`, for whoever has to close it if the others fail. */
  #stageOf(plan: StagePlan, program: Program | undefined, options: SegmentOptions, opened: KvCache[]): Stage {
    if (program === undefined) throw new Error("a stage without its program");
    const { from, to } = plan.segment;
    const shape = { blocks: to - from, ...kvOf(this.manifest.architecture), first: plan.grain === "model" ? from : 0 };
    const kv = options.kvCache && from < to ? this.#engine.allocateKv(shape, options.capacity) : null;
    if (kv !== null) opened.push(kv);
    return { segment: plan.segment, program, kv, inputs: this.#stageInputs(plan) };
  }

  /** What a stage is fed at every step. */
  #stageInputs({ grain, segment }: StagePlan): Stage["inputs"] {
    switch (grain) {
      case "model":
        return choiceInputs(this.manifest.architecture, segment);
      case "segment":
        return () => NOTHING;
      case "block": {
        if (segment.from === segment.to) return () => NOTHING;
        const { rows, columns, cosine, sine } = tablesOf(this.manifest.architecture, this.#tables, segment.from);
        const dims = [rows, columns];
        const tables: Readonly<Record<string, HostTensor>> = {
          [PORTS.cosine]: { type: "float32", data: cosine, dims },
          [PORTS.sine]: { type: "float32", data: sine, dims },
        };
        return () => tables;
      }
    }
  }

  #weightBytes(segment: Segment): number {
    return shardsOf(this.manifest, segment).reduce(
      (sum, { tensors }) => sum + tensors.reduce((bytes, { shape }) => bytes + 4 * shape.reduce((a, b) => a * b, 1), 0),
      0,
    );
  }
}

/** One graph for the whole segment, or one for each of its parts. A graph without caches, or with an exit, is its own. */
function stagePlans(segment: Segment, grain: Grain, { kvCache }: SegmentOptions): readonly StagePlan[] {
  if (grain !== "block") return [{ grain: kvCache && segment.exit === undefined ? grain : "segment", segment }];
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

const compiledPart = (plan: StagePlan, { architecture }: ModelManifest): StagePlan =>
  plan.grain === "model" ? { ...plan, segment: wholeModel(architecture) } : plan;
