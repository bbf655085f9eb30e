/**
 * The Runtime port over onnxruntime-web: its native WebGPU provider, or wasm on the CPU. Which
 * build is imported decides: CPU only, WebGPU over JSPI where the browser has it, else over
 * asyncify. Overlapping `create` and `run` calls hang the WebGPU provider, so one queue serves
 * both. On WebGPU keys and values live in GPU buffers that are past input and present output at
 * once; on wasm they cross its heap each step, so their arrays start small and grow, and only a
 * step's own rows come back.
 * Twin: `runtime/node/model/onnx-runtime.ts`.
 */
import type * as CpuEngine from "onnxruntime-web/wasm";
import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { PORTS } from "#core/onnx/ports.ts";
import { smallestGraph } from "#core/onnx/smallest-graph.ts";
import { fail } from "#core/run/failure.ts";
import type { AttentionHeads } from "#core/wasm/attention.ts";
import type { RowMemory } from "#core/wasm/row-memory.ts";
import { rowMemory } from "#core/wasm/web-assembly.ts";
import type { Grain, HostTensor, KvCache, KvShape, PagedAttention, Program, Runtime } from "#engine/ports.ts";
import { HostKv } from "#engine/model/host-kv.ts";
import { pagedAttention } from "#engine/model/paged-attention.ts";
import { GpuKv } from "./gpu-kv.ts";
import { summarise } from "./webgpu-probe.ts";

/** The builds of the engine, by what their wasm needs. */
export type EngineFlavour = "cpu" | "jspi" | "asyncify";

export interface WebRuntimeOptions {
  readonly backend: "webgpu" | "wasm";
  /** Threads of one run on wasm; more than 1 needs a cross-origin isolated page. The first call in a worker decides for all. */
  readonly threads: number;
  /** Where the page serves the engine's own files. */
  readonly files: (flavour: EngineFlavour) => { readonly mjs: string; readonly wasm: string };
  /** Fail where an operator would silently run on the CPU provider: for tests. */
  readonly forbidFallback?: boolean;
}

export type Ort = typeof CpuEngine;

/** Threads of this worker's wasm engine once it has started: it cannot be given others later. */
let wasmThreads: number | null = null;

export const webGpuFlavour = (): EngineFlavour =>
  typeof WebAssembly !== "undefined" && "Suspending" in WebAssembly ? "jspi" : "asyncify";

/** Throws Failed: backend-unavailable. */
export async function webRuntime(options: WebRuntimeOptions): Promise<Runtime> {
  const flavour = options.backend === "wasm" ? "cpu" : webGpuFlavour();
  try {
    const ort = await importEngine(flavour);
    ort.env.wasm.wasmPaths = options.files(flavour);
    wasmThreads ??= options.backend === "wasm" ? options.threads : null;
    ort.env.wasm.numThreads = wasmThreads ?? 1;
    ort.env.logLevel = "error";
    return options.backend === "wasm"
      ? new WasmRuntime(ort, wasmThreads ?? 1)
      : await WebGpuRuntime.start(ort, options.forbidFallback ?? false);
  } catch (thrown) {
    return fail({ code: "backend-unavailable", backend: options.backend, why: messageOf(thrown) });
  }
}

export function importEngine(flavour: EngineFlavour): Promise<Ort> {
  switch (flavour) {
    case "cpu":
      return import("onnxruntime-web/wasm");
    case "jspi":
      return import("onnxruntime-web/jspi");
    case "asyncify":
      return import("onnxruntime-web/webgpu");
  }
}

/**
 * On one thread attention is outside the graphs and single rows have programs: a token then costs no call of the engine.
 * Threads are the engine's own, so with more of them it computes all.
 */
class WasmRuntime implements Runtime {
  readonly grain: Grain;
  readonly cacheStyle = "rows";
  readonly casts = ["F32", "F16", "BF16"] as const;
  readonly description: Runtime["description"];
  readonly #ort: Ort;

  constructor(ort: Ort, threads: number) {
    this.#ort = ort;
    this.grain = threads === 1 ? "piece" : "segment";
    this.description = { runtime: "onnxruntime-web", backend: "wasm", adapter: null, software: false, threads };
  }

  async compile(graph: Uint8Array, weights: ReadonlyMap<string, Uint8Array>): Promise<Program> {
    const session = await create(this.#ort, graph, weights, { executionProviders: ["wasm"] }, "wasm");
    return new WebProgram(this.#ort, session, () => null);
  }

  attention(heads: AttentionHeads, context: number): PagedAttention | null {
    const compile = (graph: Uint8Array): Promise<Program> => this.compile(graph, new Map());
    return whereThereIsRoom(() => pagedAttention(heads, context, { tier: "device", compile }));
  }

  rowMemory(): RowMemory | null {
    return whereThereIsRoom(() => rowMemory("device"));
  }

  allocateKv(shape: KvShape, capacity: number): KvCache {
    return new HostKv(shape, capacity);
  }

  async close(): Promise<void> {}
}

/** Null where the browser gives no further WebAssembly memory: the engine has its own, and computes all. */
function whereThereIsRoom<T>(make: () => T | null): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

class WebGpuRuntime implements Runtime {
  readonly grain = "segment";
  readonly cacheStyle = "in-place";
  readonly casts = ["F32", "F16"] as const;
  readonly description: Runtime["description"];
  readonly #ort: Ort;
  readonly #device: GPUDevice;
  readonly #keepAlive: InferenceSession;
  readonly #extra: Record<string, unknown>;
  #lost: string | null = null;

  /** The first session makes the device; kept open, because releasing the last one destroys it. */
  static async start(ort: Ort, forbidFallback: boolean): Promise<WebGpuRuntime> {
    const extra = forbidFallback ? { session: { disable_cpu_ep_fallback: "1" } } : {};
    const keepAlive = await create(
      ort,
      smallestGraph(),
      new Map(),
      { executionProviders: ["webgpu"], extra },
      "webgpu",
    );
    return new WebGpuRuntime(ort, await ort.env.webgpu.device, keepAlive, extra);
  }

  private constructor(ort: Ort, device: GPUDevice, keepAlive: InferenceSession, extra: Record<string, unknown>) {
    this.#ort = ort;
    this.#device = device;
    this.#keepAlive = keepAlive;
    this.#extra = extra;
    const { name, software } = summarise(device.adapterInfo);
    this.description = { runtime: "onnxruntime-web", backend: "webgpu", adapter: name, software, threads: 1 };
    void device.lost.then(({ message, reason }) => (this.#lost = message === "" ? reason : message));
  }

  async compile(graph: Uint8Array, weights: ReadonlyMap<string, Uint8Array>): Promise<Program> {
    this.#checkDevice();
    const session = await create(
      this.#ort,
      graph,
      weights,
      { executionProviders: ["webgpu"], extra: this.#extra },
      "webgpu",
    );
    return new WebProgram(this.#ort, session, () => this.#lost);
  }

  allocateKv(shape: KvShape, capacity: number): KvCache {
    this.#checkDevice();
    return new GpuKv(this.#device, shape, capacity);
  }

  async close(): Promise<void> {
    await inTurn(() => this.#keepAlive.release());
  }

  #checkDevice(): void {
    if (this.#lost !== null) fail({ code: "device-lost", backend: "webgpu", why: this.#lost });
  }
}

class WebProgram implements Program {
  readonly #ort: Ort;
  readonly #session: InferenceSession;
  /** Why the device is lost, null while it is not. */
  readonly #lost: () => string | null;

  constructor(ort: Ort, session: InferenceSession, lost: () => string | null) {
    this.#ort = ort;
    this.#session = session;
    this.#lost = lost;
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    outputs: readonly string[],
    kv: KvCache | null,
  ): Promise<Readonly<Record<string, HostTensor>>> {
    const feeds: Record<string, Tensor> = {};
    const fetches: Record<string, Tensor | null> = {};
    // This engine refuses what a graph does not read, such as positions where no block turns by them.
    const read = new Set(this.#session.inputNames);
    for (const [name, { type, data, dims }] of Object.entries(inputs))
      if (read.has(name)) feeds[name] = new this.#ort.Tensor(type, data, dims);
    for (const name of outputs) fetches[name] = null;
    const start = Number(inputs[PORTS.start]?.data[0] ?? 0);
    if (kv instanceof HostKv) this.#bindHost(kv, start, feeds, fetches);
    if (kv instanceof GpuKv) this.#bindGpu(kv, feeds, fetches);
    const results = await this.#runInTurn(feeds, fetches);
    if (kv instanceof HostKv) kv.append(start, floats(PORTS.rows, results[PORTS.rows]));
    return Object.fromEntries(outputs.map((name) => [name, hostTensor(name, results[name])]));
  }

  async close(): Promise<void> {
    await inTurn(() => this.#session.release());
  }

  async #runInTurn(
    feeds: Record<string, Tensor>,
    fetches: Record<string, Tensor | null>,
  ): Promise<InferenceSession.OnnxValueMapType> {
    try {
      return await inTurn(() => this.#session.run(feeds, fetches));
    } catch (thrown) {
      await Promise.resolve(); // let `device.lost` settle first when that is what happened
      const why = this.#lost();
      if (why !== null) fail({ code: "device-lost", backend: "webgpu", why });
      throw thrown;
    }
  }

  /** On wasm everything is copied: the past goes in, only this step's rows come out. */
  #bindHost(kv: HostKv, start: number, feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>): void {
    kv.reserve(start);
    kv.entries.forEach(({ keys, values }, block) => {
      feeds[PORTS.pastKey(block)] = new this.#ort.Tensor("float32", keys, kv.dims);
      feeds[PORTS.pastValue(block)] = new this.#ort.Tensor("float32", values, kv.dims);
    });
    fetches[PORTS.rows] = null;
  }

  #bindGpu(kv: GpuKv, feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>): void {
    kv.buffers.forEach(({ keys, values }, block) => {
      const key = this.#ort.Tensor.fromGpuBuffer(keys, { dataType: "float32", dims: kv.dims });
      const value = this.#ort.Tensor.fromGpuBuffer(values, { dataType: "float32", dims: kv.dims });
      feeds[PORTS.pastKey(block)] = key;
      feeds[PORTS.pastValue(block)] = value;
      fetches[PORTS.presentKey(block)] = key;
      fetches[PORTS.presentValue(block)] = value;
    });
  }
}

function floats(name: string, value: Tensor | undefined): Float32Array {
  if (value?.data instanceof Float32Array) return value.data;
  throw new Error(`output ${name} is ${value?.type ?? "missing"}, not float32`);
}

const hostTensor = (name: string, value: Tensor | undefined): HostTensor => ({
  type: "float32",
  data: floats(name, value),
  dims: value?.dims ?? [],
});

async function create(
  ort: Ort,
  graph: Uint8Array,
  weights: ReadonlyMap<string, Uint8Array>,
  options: InferenceSession.SessionOptions,
  backend: string,
): Promise<InferenceSession> {
  const externalData = [...weights].map(([path, data]) => ({ path, data }));
  try {
    return await inTurn(() =>
      ort.InferenceSession.create(graph, { ...options, externalData, graphOptimizationLevel: "all" }),
    );
  } catch (thrown) {
    const why = messageOf(thrown);
    const bytes = externalData.reduce((sum, { data }) => sum + data.length, 0);
    if (/alloc|memory/i.test(why))
      return fail({ code: "out-of-memory", tier: "device", what: "the weights of the segment", bytes });
    return fail({ code: "backend-unavailable", backend, why });
  }
}

let turn: Promise<unknown> = Promise.resolve();

/** One engine call at a time in this worker. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work, work);
  turn = mine.catch(() => undefined);
  return mine;
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
