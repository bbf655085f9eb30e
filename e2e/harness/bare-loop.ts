/**
 * The least that decoding can be: a loop around onnxruntime-web's `session.run` over the very
 * graph and weights that the product compiles, keys and values appended, argmax taken, nothing
 * else. Runs in a worker, as the product does; the floor that device-only is held against.
 */
import { wholeModel } from "#core/model/architecture.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import { PORTS } from "#core/onnx/ports.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import { HostKv } from "#engine/model/host-kv.ts";
import type { Runtime } from "#engine/ports.ts";
import { importEngine, webRuntime } from "#web/model/onnx-runtime.ts";
import { engineFiles } from "#workers/engine-files.ts";

export interface BareLoopRequest {
  /** Where `models/` and `shards/` are served. */
  readonly base: string;
  readonly model: string;
  readonly ids: readonly number[];
  readonly steps: number;
}

export interface BareLoopResult {
  readonly tokenIds: readonly number[];
  /** Of each step after the prompt's, in ms. */
  readonly stepMs: readonly number[];
}

type Ort = Awaited<ReturnType<typeof importEngine>>;
interface Compiled {
  readonly graph: Uint8Array;
  readonly weights: ReadonlyMap<string, Uint8Array>;
}

/** Lets the product build its graph, and keeps what it would compile. */
async function compiledBy(runtime: Runtime, manifest: ModelManifest, base: string): Promise<Compiled> {
  let kept: Compiled | null = null;
  const listening: Runtime = {
    description: runtime.description,
    grain: runtime.grain,
    cacheStyle: runtime.cacheStyle,
    casts: runtime.casts,
    allocateKv: (shape, capacity) => runtime.allocateKv(shape, capacity),
    close: () => runtime.close(),
    compile(graph, weights) {
      kept = { graph, weights };
      return runtime.compile(graph, weights);
    },
  };
  const readShard = async ({ sha256 }: { readonly sha256: string }): Promise<Uint8Array> =>
    new Uint8Array(await (await fetch(new URL(`shards/${sha256}`, base))).arrayBuffer());
  const host = createModelHost(listening, manifest, readShard);
  const session = await host.open(wholeModel(manifest.architecture), {
    capacity: manifest.architecture.context,
    kvCache: true,
  });
  await session.close();
  await host.close();
  if (kept === null) throw new Error("nothing was compiled");
  return kept;
}

interface OpenedModel {
  readonly ort: Ort;
  readonly session: Awaited<ReturnType<Ort["InferenceSession"]["create"]>>;
  readonly manifest: ModelManifest;
}

/** Opened once: compiled code that has not warmed up would be no floor. */
let opened: Promise<OpenedModel> | null = null;

async function open(base: string, model: string): Promise<OpenedModel> {
  const manifest = (await (await fetch(new URL(`models/${model}/manifest.json`, base))).json()) as ModelManifest;
  const runtime = await webRuntime({ backend: "wasm", threads: 1, files: engineFiles });
  const { graph, weights } = await compiledBy(runtime, manifest, base);
  const ort = await importEngine("cpu");
  const externalData = [...weights].map(([path, data]) => ({ path, data }));
  return {
    ort,
    manifest,
    session: await ort.InferenceSession.create(graph, {
      executionProviders: ["wasm"],
      externalData,
      graphOptimizationLevel: "all",
    }),
  };
}

export async function bareLoop({ base, model, ids, steps }: BareLoopRequest): Promise<BareLoopResult> {
  const { ort, session, manifest } = await (opened ??= open(base, model));
  const { blocks, kvHeads, headSize, context, vocabulary } = manifest.architecture;
  const kv = new HostKv({ blocks, kvHeads, headSize }, context);
  const fetches = [PORTS.logits, PORTS.rows];

  const step = async (input: readonly number[], position: number): Promise<number> => {
    const results = await session.run(feedsOf(ort, input, position, kv), fetches);
    kv.append(position, floats(results[PORTS.rows]));
    return argmax(floats(results[PORTS.logits]), vocabulary);
  };

  const tokenIds = [await step(ids, 0)];
  const stepMs: number[] = [];
  for (let i = 0; i < steps; i++) {
    const startedAt = performance.now();
    tokenIds.push(await step(tokenIds.slice(-1), ids.length + i));
    stepMs.push(performance.now() - startedAt);
  }
  return { tokenIds, stepMs };
}

function feedsOf(
  ort: Ort,
  ids: readonly number[],
  position: number,
  kv: HostKv,
): Record<string, InstanceType<Ort["Tensor"]>> {
  const int32 = (values: readonly number[], dims: readonly number[]) =>
    new ort.Tensor("int32", Int32Array.from(values), dims);
  const total = position + ids.length;
  const feeds: Record<string, InstanceType<Ort["Tensor"]>> = {
    [PORTS.ids]: int32(ids, [1, ids.length]),
    [PORTS.lastPosition]: int32([total - 1], [1]),
    [PORTS.total]: int32([total], [1]),
    [PORTS.start]: new ort.Tensor("int64", BigInt64Array.of(BigInt(position)), [1]),
    [PORTS.wanted]: int32([ids.length - 1], [1]),
  };
  kv.reserve(position);
  kv.entries.forEach(({ keys, values }, block) => {
    feeds[PORTS.pastKey(block)] = new ort.Tensor("float32", keys, kv.dims);
    feeds[PORTS.pastValue(block)] = new ort.Tensor("float32", values, kv.dims);
  });
  return feeds;
}

function floats(value: { readonly data: unknown } | undefined): Float32Array {
  if (value?.data instanceof Float32Array) return value.data;
  throw new Error("an output is not float32");
}

function argmax(logits: Float32Array, vocabulary: number): number {
  let best = 0;
  for (let id = 1; id < vocabulary; id++) if ((logits[id] ?? -Infinity) > (logits[best] ?? -Infinity)) best = id;
  return best;
}
