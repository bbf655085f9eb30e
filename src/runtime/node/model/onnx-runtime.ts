/**
 * The Runtime port over onnxruntime-node: CPU, or its native WebGPU where there is an adapter.
 * `run` and `create` block the event loop, so whoever wants to stay responsive puts this in a
 * worker thread. It copies every output after the run, pre-allocated ones too, so that of keys and
 * values only a step's own rows come out. Twin: `runtime/web/model/onnx-runtime.ts`.
 */
import { availableParallelism } from "node:os";
import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { packedMatrices } from "#core/onnx/blocks.ts";
import { PORTS } from "#core/onnx/ports.ts";
import type { BlockMatrices } from "#core/onnx/shard-weights.ts";
import { smallestGraph } from "#core/onnx/smallest-graph.ts";
import { fail } from "#core/run/failure.ts";
import type { AttentionHeads } from "#core/wasm/attention.ts";
import { BLOCK_ROWS } from "#core/wasm/block-rows.ts";
import type { RowMemory } from "#core/wasm/row-memory.ts";
import { rowMemory } from "#core/wasm/web-assembly.ts";
import type { Grain, HostTensor, KvCache, KvShape, PagedAttention, Program, Runtime } from "#engine/ports.ts";
import { HostKv } from "#engine/model/host-kv.ts";
import { pagedAttention } from "#engine/model/paged-attention.ts";

export interface NodeRuntimeOptions {
  readonly backend: "cpu" | "webgpu";
  /** Threads of one run; 0 takes all cores. */
  readonly threads: number;
  /** "piece" unless told otherwise, on WebGPU "block": there every condition would wait for the device. */
  readonly grain?: Grain;
  /** Whether weights in blocks stay in them where the CPU's kernels read these (yes, unless told otherwise); else they become float32 when they are loaded. */
  readonly blocks?: boolean;
  /** Fail where an operator would silently run on the CPU provider: for tests of WebGPU. */
  readonly forbidFallback?: boolean;
}

/** Throws Failed: backend-unavailable. */
export function nodeRuntime({
  backend,
  threads,
  grain = backend === "cpu" ? "piece" : "block",
  blocks = true,
  forbidFallback = false,
}: NodeRuntimeOptions): Promise<Runtime> {
  if (!listSupportedBackends().some(({ name }) => name === backend))
    fail({ code: "backend-unavailable", backend, why: "this build of onnxruntime-node does not bundle it" });
  return Promise.resolve(
    new NodeRuntime({ backend, threads: threads || availableParallelism(), grain, blocks, forbidFallback }),
  );
}

class NodeRuntime implements Runtime {
  readonly description: Runtime["description"];
  readonly grain: Runtime["grain"];
  readonly casts: Runtime["casts"];
  readonly blocks?: BlockMatrices;
  readonly cacheStyle = "rows";
  readonly #sessionOptions: InferenceSession.SessionOptions;
  /** On WebGPU, open while this is: with the last session its device would go, and all shaders compiled for it. */
  #keepAlive: Promise<InferenceSession> | null = null;

  constructor({ backend, threads, grain, blocks, forbidFallback }: Required<NodeRuntimeOptions>) {
    this.grain = grain;
    this.casts = backend === "cpu" ? ["F32", "F16", "BF16"] : ["F32", "F16"];
    if (backend === "cpu" && blocks) this.blocks = packedMatrices;
    this.description = { runtime: "onnxruntime-node", backend, adapter: null, software: false, threads };
    const extra = forbidFallback ? { session: { disable_cpu_ep_fallback: "1" } } : {};
    this.#sessionOptions = {
      extra,
      executionProviders: [backend],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    };
  }

  async compile(graph: Uint8Array, weights: ReadonlyMap<string, Uint8Array>): Promise<Program> {
    const externalData = [...weights].map(([path, data]) => ({ path, data }));
    try {
      if (this.description.backend === "webgpu")
        await (this.#keepAlive ??= InferenceSession.create(smallestGraph(), this.#sessionOptions));
      return new NodeProgram(await InferenceSession.create(graph, { ...this.#sessionOptions, externalData }));
    } catch (thrown) {
      await this.#keepAlive?.catch(() => (this.#keepAlive = null)); // one that could not be made is tried again
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      return fail({ code: "backend-unavailable", backend: this.description.backend, why });
    }
  }

  attention(heads: AttentionHeads, context: number): PagedAttention | null {
    return pagedAttention(heads, context, { tier: "edge", compile: (graph) => this.compile(graph, NO_WEIGHTS) });
  }

  /** With more threads than one its own runs have them, and our kernels do not. */
  rowMemory(): RowMemory | null {
    return this.description.backend === "cpu" && this.description.threads === 1 ? rowMemory("edge", BLOCK_ROWS) : null;
  }

  allocateKv(shape: KvShape, capacity: number): KvCache {
    return new HostKv(shape, capacity);
  }

  async close(): Promise<void> {
    const keptAlive = this.#keepAlive;
    this.#keepAlive = null;
    await (await keptAlive)?.release();
  }
}

const NO_WEIGHTS: ReadonlyMap<string, Uint8Array> = new Map();

class NodeProgram implements Program {
  readonly #session: InferenceSession;

  constructor(session: InferenceSession) {
    this.#session = session;
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    outputs: readonly string[],
    kv: KvCache | null,
  ): Promise<Readonly<Record<string, HostTensor>>> {
    const feeds: Record<string, Tensor> = {};
    const fetches: Record<string, Tensor | null> = {};
    for (const [name, { type, data, dims }] of Object.entries(inputs)) feeds[name] = new Tensor(type, data, dims);
    for (const name of outputs) fetches[name] = null;
    const start = Number(inputs[PORTS.start]?.data[0] ?? 0);
    if (kv instanceof HostKv) bindPast(kv, start, feeds, fetches);
    const results = await this.#session.run(feeds, fetches);
    if (kv instanceof HostKv) kv.append(start, floats(PORTS.rows, results[PORTS.rows]));
    return Object.fromEntries(outputs.map((name) => [name, hostTensor(name, results[name])]));
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** The past goes in, only this step's rows come out: what is given back is copied. */
function bindPast(
  kv: HostKv,
  start: number,
  feeds: Record<string, Tensor>,
  fetches: Record<string, Tensor | null>,
): void {
  kv.reserve(start);
  kv.entries.forEach(({ keys, values }, place) => {
    feeds[PORTS.pastKey(place)] = new Tensor("float32", keys, kv.dims);
    feeds[PORTS.pastValue(place)] = new Tensor("float32", values, kv.dims);
  });
  fetches[PORTS.rows] = null;
}

function floats(name: string, tensor: { readonly type: string; readonly data: unknown } | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error(`output ${name} is ${tensor?.type ?? "missing"}, not float32`);
}

const hostTensor = (name: string, tensor: Tensor | undefined): HostTensor => ({
  type: "float32",
  data: floats(name, tensor),
  dims: tensor?.dims ?? [],
});
