/**
 * transformers.js generating with the same weights: the baseline of every comparison in the tab.
 * It loads its model from memory (a config made of the architecture, the graph that our builder
 * emits under its names, the shards as external data), runs on our copy of onnxruntime-web, and
 * asks nobody's network for anything. Greedy is its own; sampled, its logits go through
 * core/sampling, so that one seed gives the same tokens here as everywhere.
 */
import type * as TransformersModule from "@huggingface/transformers";
import type { InferenceSession } from "onnxruntime-web/wasm";
import { wholeModel, type Architecture } from "#core/model/architecture.ts";
import { familyOf, kvBytesPerPosition, kvOf } from "#core/model/families/registry.ts";
import { shardsOf, type ModelManifest } from "#core/model/manifest.ts";
import { rotaryTables } from "#core/model/rotary.ts";
import { widenBytes, widenManifest } from "#core/model/widen.ts";
import { baselineGraph } from "#core/onnx/baseline-graph.ts";
import { ROTARY, rotaryBytes, rotaryWeights } from "#core/onnx/rotary-weights.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { Failed, failureOf } from "#core/run/failure.ts";
import { pick } from "#core/sampling/sample.ts";
import { whenAborted } from "#engine/cancellation.ts";
import type { CancelSignal, Runtime } from "#engine/ports.ts";
import { ReplyQueue } from "#engine/link/reply-queue.ts";
import type { GenerateOptions, HostRequest, WholeModelGenerator } from "#engine/run/world.ts";
import { stopped, throwIfStopped } from "../host/abort.ts";
import type { Breath } from "../host/breath.ts";
import type { Ort } from "./onnx-runtime.ts";

type Transformers = typeof TransformersModule;
type Model = InstanceType<Transformers["PreTrainedModel"]>;

export interface BaselineParts {
  readonly ort: Ort;
  /** Whose engine this is: it stays open meanwhile, and with it the GPU device. */
  readonly runtime: Pick<Runtime, "description" | "casts">;
  readonly breath: Breath;
}

/** Throws Failed: out-of-memory and backend-unavailable from the engine, stopped, what `readShard` throws. */
export async function transformersGenerator(
  request: Pick<HostRequest, "manifest" | "readShard" | "signal">,
  parts: BaselineParts,
): Promise<WholeModelGenerator> {
  const { manifest, signal } = request;
  const externalData = await externalDataOf(request, parts.runtime);
  const transformers = await importTransformers(parts.ort);
  throwIfStopped(signal);
  const model = await loadModel(transformers, manifest, parts, externalData);
  const { architecture } = manifest;
  let positions = 0;
  return {
    description: { ...parts.runtime.description, runtime: `transformers.js ${transformers.env.version}` },
    generate: (promptIds, options, stop) =>
      generate(transformers, model, promptIds, options, stop, parts.breath, (length) => {
        positions = length;
      }),
    memory: () => ({
      weightBytes: 4 * manifest.parameters,
      kvBytes: positions * architecture.blocks * kvBytesPerPosition(architecture),
    }),
    close: async () => void (await model.dispose()),
  };
}

/**
 * transformers.js pushes tokens as fast as it can; here its forward passes wait until a token is
 * asked for, so that each token's interval is its own and a stop is heard in between.
 */
async function* generate(
  transformers: Transformers,
  model: Model,
  promptIds: readonly number[],
  options: GenerateOptions,
  signal: CancelSignal,
  breath: Breath,
  onLength: (length: number) => void,
): AsyncGenerator<number, void> {
  const queue = new ReplyQueue<number>();
  const paced = pace(model);
  const unsubscribe = whenAborted(signal, () => paced.abandon());
  let length = promptIds.length;
  const done = generateInto(transformers, model, promptIds, options, (id) => {
    onLength(++length);
    queue.push(id);
  }).then(
    () => queue.end(),
    (thrown: unknown) => queue.fail(failureOf(thrown, "transformers.js")),
  );
  const ids = queue.values();
  try {
    for (;;) {
      await breath();
      throwIfStopped(signal);
      paced.demand();
      const next = await ids.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    unsubscribe();
    paced.abandon();
    await done;
    paced.release();
  }
}

/** Resolves when the last token is out. */
async function generateInto(
  transformers: Transformers,
  model: Model,
  promptIds: readonly number[],
  { maxTokens, stopIds, sampling }: GenerateOptions,
  onToken: (id: number) => void,
): Promise<void> {
  const input = (values: bigint[]) =>
    new transformers.Tensor("int64", BigInt64Array.from(values), [1, promptIds.length]);
  await model.generate({
    inputs: input(promptIds.map(BigInt)),
    attention_mask: input(promptIds.map(() => 1n)),
    max_new_tokens: maxTokens,
    eos_token_id: [...stopIds],
    do_sample: false,
    ...(sampling.temperature === 0 ? {} : { logits_processor: samplingProcessor(transformers, sampling) }),
    streamer: streamerInto(transformers, onToken),
  });
}

/** One forward pass for each demand; once abandoned they throw `stopped` instead. */
function pace(model: Model): { demand(): void; abandon(): void; release(): void } {
  const forward: (inputs: Parameters<Model["forward"]>[0]) => Promise<unknown> = model.forward.bind(model);
  let demands = 0;
  let abandoned = false;
  let wake = (): void => undefined;
  model.forward = async (inputs) => {
    if (demands === 0 && !abandoned) await new Promise<void>((resolve) => (wake = resolve));
    demands -= 1;
    if (abandoned) throw stopped();
    return forward(inputs);
  };
  return {
    demand: () => {
      demands += 1;
      wake();
    },
    abandon: () => {
      abandoned = true;
      wake();
    },
    // The class's own again: ours was the instance's.
    release: () => void Reflect.deleteProperty(model, "forward"),
  };
}

/** The prompt is put first, in one piece; after it every token by itself. */
function streamerInto(
  transformers: Transformers,
  onToken: (id: number) => void,
): InstanceType<Transformers["TextStreamer"]> {
  let promptSeen = false;
  class TokenStreamer extends transformers.BaseStreamer {
    override put(value: bigint[][]): void {
      if (promptSeen) for (const id of value.flat()) onToken(Number(id));
      promptSeen = true;
    }
    override end(): void {}
  }
  // `generate` takes any BaseStreamer, calls put and end; its type asks for a TextStreamer by accident.
  return new TokenStreamer() as InstanceType<Transformers["TextStreamer"]>;
}

/** Leaves only the token that core/sampling picks: greedy then picks it too. */
function samplingProcessor(
  transformers: Transformers,
  sampling: SamplingSettings,
): InstanceType<Transformers["LogitsProcessorList"]> {
  class SharedSampling extends transformers.LogitsProcessor {
    override _call(
      ids: bigint[][],
      logits: InstanceType<Transformers["Tensor"]>,
    ): InstanceType<Transformers["Tensor"]> {
      const values: unknown = logits.data;
      if (!(values instanceof Float32Array)) throw new Error(`the baseline's logits are ${logits.type}, not float32`);
      const { id } = pick(values, sampling, ids[0]?.length ?? 0);
      values.fill(-Infinity);
      values[id] = 0;
      return logits;
    }
  }
  const processors = new transformers.LogitsProcessorList();
  processors.push(new SharedSampling());
  return processors;
}

const MODEL_ID = "cutlayer/baseline";

interface ExternalFile {
  readonly path: string;
  readonly data: Uint8Array;
}

async function externalDataOf(
  { manifest, readShard, signal }: Pick<HostRequest, "manifest" | "readShard" | "signal">,
  { casts }: Pick<Runtime, "casts">,
): Promise<readonly ExternalFile[]> {
  const files: ExternalFile[] = [];
  for (const shard of shardsOf(manifest, wholeModel(manifest.architecture))) {
    throwIfStopped(signal);
    files.push({ path: shard.sha256, data: widenBytes(shard, await readShard(shard), { casts }) });
  }
  const tables = rotaryTables(manifest.architecture);
  return tables.columns === 0 ? files : [...files, { path: ROTARY, data: rotaryBytes(tables) }];
}

function graphOf(manifest: ModelManifest, { casts }: Pick<Runtime, "casts">): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    baselineGraph(widenManifest(manifest, { casts }), rotaryWeights(rotaryTables(manifest.architecture))),
  );
}

async function loadModel(
  transformers: Transformers,
  manifest: ModelManifest,
  { runtime }: BaselineParts,
  externalData: readonly ExternalFile[],
): Promise<Model> {
  const files = new Map<string, string | Uint8Array<ArrayBuffer>>([
    ["config.json", JSON.stringify(configOf(manifest.architecture))],
    ["onnx/model.onnx", graphOf(manifest, runtime)],
  ]);
  serveFromMemory(transformers, files);
  const { description } = runtime;
  const presents = Array.from({ length: manifest.architecture.blocks }, (_, block) => [
    `present.${String(block)}.key`,
    `present.${String(block)}.value`,
  ]).flat();
  const onGpu = description.backend === "webgpu";
  const options: InferenceSession.SessionOptions = {
    executionProviders: [onGpu ? "webgpu" : "wasm"],
    externalData,
    // What transformers.js sets itself where it knows the device by name.
    ...(onGpu
      ? { preferredOutputLocation: Object.fromEntries(presents.map((name) => [name, "gpu-buffer" as const])) }
      : {}),
  };
  try {
    return await transformers.AutoModelForCausalLM.from_pretrained(MODEL_ID, {
      dtype: "fp32",
      device: "auto",
      session_options: options,
    });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const bytes = externalData.reduce((sum, { data }) => sum + data.length, 0);
    if (/alloc|memory/i.test(why))
      throw new Failed({ code: "out-of-memory", tier: "device", what: "the whole model", bytes });
    throw new Failed({ code: "backend-unavailable", backend: description.backend, why });
  }
}

/** config.json as transformers.js reads it: enough to name the caches and their shapes. */
function configOf(a: Architecture): Record<string, unknown> {
  const { modelType, className, keys = {} } = familyOf(a).transformers;
  const { kvHeads, headSize } = kvOf(a);
  return {
    model_type: modelType,
    architectures: [className],
    num_hidden_layers: a.blocks,
    num_attention_heads: a.heads,
    num_key_value_heads: kvHeads,
    head_dim: headSize,
    hidden_size: a.hidden,
    vocab_size: a.vocabulary,
    max_position_embeddings: a.context,
    ...Object.fromEntries(Object.entries(keys).map(([key, ours]) => [key, a[ours]])),
  };
}

/** "Local" files out of this map and nothing else: no path leads to a network. */
function serveFromMemory({ env }: Transformers, files: ReadonlyMap<string, string | Uint8Array<ArrayBuffer>>): void {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  env.useWasmCache = false;
  env.localModelPath = "/";
  env.fetch = async (address: string | URL) => {
    const name = String(address).split(`${MODEL_ID}/`)[1] ?? "";
    const body = files.get(name);
    return body === undefined ? new Response(null, { status: 404 }) : new Response(body);
  };
}

const ORT_SYMBOL = Symbol.for("onnxruntime");

/** The engine of the generator that is being loaded or run; transformers.js looks through here. */
let engine: Ort | null = null;

/**
 * transformers.js takes its engine once, when it is imported: it gets a look through to whichever
 * one is in use, with an `env` of its own that has no paths to set.
 */
async function importTransformers(ort: Ort): Promise<Transformers> {
  engine = ort;
  const current = (): Ort => {
    if (engine === null) throw new Error("no engine was given to transformers.js");
    return engine;
  };
  const view = {
    InferenceSession: {
      create: (graph: Uint8Array, options: InferenceSession.SessionOptions) =>
        current().InferenceSession.create(graph, options),
    },
    get Tensor() {
      return current().Tensor;
    },
    env: {},
  };
  Object.assign(globalThis, { [ORT_SYMBOL]: view });
  return import("@huggingface/transformers");
}
