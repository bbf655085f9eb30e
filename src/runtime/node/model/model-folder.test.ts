import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { familyOf } from "#core/model/families/registry.ts";
import { wholeModel, type StoredType } from "#core/model/architecture.ts";
import { referenceLogits } from "#core/reference/reference.ts";
import { storedNumbers } from "#core/model/stored-numbers.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import { storedBytes, TINY, tinyModel } from "#engine/testing/tiny-model.ts";
import { openModelFolder } from "./model-folder.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

const CONFIG = {
  model_type: "llama",
  vocab_size: TINY.vocabulary,
  hidden_size: TINY.hidden,
  intermediate_size: TINY.intermediate,
  num_hidden_layers: TINY.blocks,
  num_attention_heads: TINY.heads,
  num_key_value_heads: TINY.kvHeads,
  max_position_embeddings: TINY.context,
  rms_norm_eps: TINY.normEpsilon,
  tie_word_embeddings: true,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cutlayer-model-"));
});
afterEach(() => rm(folder, { recursive: true }));

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The tiny model's tensors in a stored type. */
function tensors(type: StoredType, tied = true): Tensor[] {
  const architecture = { ...TINY, tiedEmbedding: tied };
  const { weights } = tinyModel(architecture);
  const { embedding, norm, head, block } = familyOf(architecture).tensors(architecture);
  const blocks = Array.from({ length: TINY.blocks }, (_, index) => block(index));
  const specs = [embedding, norm, ...(head === null ? [] : [head]), ...blocks].flatMap((part) => [...part.values()]);
  return specs.map(({ name, shape }) => ({ name, shape, bytes: storedBytes(type, Float32Array.from(weights(name))) }));
}

async function writeTensors(file: string, type: string, all: readonly Tensor[]): Promise<void> {
  let at = 0;
  const header = Object.fromEntries(
    all.map(({ name, shape, bytes }) => [name, { dtype: type, shape, data_offsets: [at, (at += bytes.length)] }]),
  );
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  await writeFile(join(folder, file), Buffer.concat([prefix, json, ...all.map(({ bytes }) => bytes)]));
}

const writeJson = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));

async function failureOf(): Promise<unknown> {
  const opened = await openModelFolder(folder);
  return opened.ok ? null : opened.failure;
}

describe("a Hugging Face folder", () => {
  test.each(["F32", "F16", "BF16"] as const)(
    "with %s weights computes what the reference does from the same numbers",
    async (type) => {
      const all = tensors(type);
      await writeJson("config.json", CONFIG);
      await writeTensors("model.safetensors", type, all);
      const numbers = new Map(all.map(({ name, bytes }) => [name, storedNumbers(type, bytes)]));
      await expectReference((name) => numbers.get(name) ?? new Float64Array());
    },
  );

  test("sharded with an index, untied", async () => {
    const all = tensors("F32", false);
    const [first, second] = [all.slice(0, 9), all.slice(9)];
    await writeJson("config.json", { ...CONFIG, tie_word_embeddings: false });
    await writeTensors("a.safetensors", "F32", first);
    await writeTensors("b.safetensors", "F32", second);
    const files = [
      ...first.map(({ name }) => [name, "a.safetensors"] as const),
      ...second.map(({ name }) => [name, "b.safetensors"] as const),
    ];
    await writeJson("model.safetensors.index.json", { weight_map: Object.fromEntries<string>(files) });
    await expectReference(tinyModel({ ...TINY, tiedEmbedding: false }).weights);
  });

  async function expectReference(weights: (name: string) => Float64Array): Promise<void> {
    const opened = await openModelFolder(folder);
    if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
    const { manifest, readShard } = opened.value;
    const host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), manifest, readShard);
    const session = await host.open(wholeModel(manifest.architecture), { capacity: 8, kvCache: true });
    const output = await session.step({ kind: "ids", ids: [3, 50, 7] }, 0, "last");
    const expected = referenceLogits(manifest.architecture, weights, [3, 50, 7]).at(-1);
    if (output.kind !== "logits") throw new Error("a whole model gives logits");
    output.logits.forEach((logit, i) => expect(logit).toBeCloseTo(expected?.[i] ?? Number.NaN, 3));
    await session.close();
    await host.close();
  }

  test("the same weights make the same shards and revision, others others", async () => {
    await writeJson("config.json", CONFIG);
    await writeTensors("model.safetensors", "F32", tensors("F32"));
    const first = await openModelFolder(folder);
    const again = await openModelFolder(folder);
    expect(again.ok && again.value.manifest).toEqual(first.ok && first.value.manifest);
    await writeTensors("model.safetensors", "F16", tensors("F16"));
    const other = await openModelFolder(folder);
    expect(other.ok && other.value.manifest.revision).not.toBe(first.ok && first.value.manifest.revision);
  });
});

describe("trained exits", () => {
  const exit = (depth: number, columns = TINY.hidden): Tensor[] => [
    { name: `exits.${depth}.norm.weight`, shape: [TINY.hidden], bytes: new Uint8Array(2 * TINY.hidden) },
    {
      name: `exits.${depth}.projection.weight`,
      shape: [TINY.hidden, columns],
      bytes: new Uint8Array(2 * TINY.hidden * columns),
    },
  ];
  beforeEach(async () => {
    await writeJson("config.json", CONFIG);
    await writeTensors("model.safetensors", "F16", tensors("F16"));
  });

  test("are shards of their own, and part of the revision; without them nothing changes", async () => {
    const without = await openModelFolder(folder);
    await writeTensors("exits.safetensors", "F16", [...exit(3), ...exit(1)]);
    const opened = await openModelFolder(folder);
    if (!opened.ok || !without.ok) throw new Error("a folder that should open");
    const { exits, revision, ...rest } = opened.value.manifest;
    expect(exits?.map(({ depth }) => depth)).toEqual([1, 3]);
    const { revision: before, ...same } = without.value.manifest;
    expect(rest).toEqual(same);
    expect(revision).not.toBe(before);
    for (const { shard } of exits ?? []) expect((await opened.value.readShard(shard)).byteLength).toBe(shard.bytes);
  });

  test.each([
    ["a depth the model has not", exit(5), "behind 5 blocks"],
    ["no exit before the first block", exit(0), "behind 0 blocks"],
    ["a projection of another shape", exit(2, 8), "exits.2.projection.weight is [64, 8]"],
    ["half an exit", exit(2).slice(1), "exits.2.norm.weight is missing"],
  ])("%s is refused", async (_, all, what) => {
    await writeTensors("exits.safetensors", "F16", all);
    expect(await failureOf()).toMatchObject({
      code: "model-broken",
      file: "exits.safetensors",
      what: expect.stringContaining(what) as string,
    });
  });
});

describe("what is wrong with a folder is named", () => {
  beforeEach(async () => {
    await writeJson("config.json", CONFIG);
    await writeTensors("model.safetensors", "F32", tensors("F32"));
  });

  test("no folder at all", async () => {
    expect(await openModelFolder(join(folder, "nowhere"))).toMatchObject({
      failure: { code: "model-broken", model: "nowhere", what: expect.stringContaining("does not exist") as string },
    });
  });

  test("no weights", async () => {
    await rm(join(folder, "model.safetensors"));
    expect(await failureOf()).toMatchObject({ code: "model-broken", file: "model.safetensors" });
  });

  test("truncated weights", async () => {
    await truncate(join(folder, "model.safetensors"), 5000);
    expect(await failureOf()).toMatchObject({ code: "model-broken", file: "model.safetensors" });
  });

  test("a missing tensor", async () => {
    await writeTensors(
      "model.safetensors",
      "F32",
      tensors("F32").filter(({ name }) => name !== "model.layers.2.mlp.up_proj.weight"),
    );
    expect(await failureOf()).toMatchObject({
      code: "model-broken",
      what: expect.stringContaining("model.layers.2.mlp.up_proj.weight is missing") as string,
    });
  });

  test("a shape that does not fit the config", async () => {
    await writeJson("config.json", { ...CONFIG, vocab_size: TINY.vocabulary + 1 });
    expect(await failureOf()).toMatchObject({
      code: "model-broken",
      what: expect.stringContaining("config.json says [98, 64]") as string,
    });
  });

  test("a stored type that we do not read", async () => {
    await writeTensors("model.safetensors", "F64", tensors("F32"));
    expect(await failureOf()).toMatchObject({
      code: "model-unsupported",
      what: "type of tensor model.embed_tokens.weight",
      found: "F64",
      supported: "F32, F16, BF16",
    });
  });

  test("a folder of no format we know", async () => {
    const empty = await mkdtemp(join(folder, "other-"));
    expect(await openModelFolder(empty)).toMatchObject({
      failure: { code: "model-unsupported", what: "format", found: "an empty folder", supported: "safetensors" },
    });
    await writeFile(join(empty, "pytorch_model.bin"), "");
    expect(await openModelFolder(empty)).toMatchObject({
      failure: { code: "model-unsupported", what: "format", found: "none we know (pytorch_model.bin)" },
    });
  });

  test("a lone file that is no whole model", async () => {
    expect(await openModelFolder(join(folder, "model.safetensors"))).toMatchObject({
      failure: { code: "model-broken", file: "config.json", what: "it is missing" },
    });
  });

  test("weights that cannot be read", async () => {
    await rm(join(folder, "model.safetensors"));
    await mkdir(join(folder, "model.safetensors"));
    expect(await failureOf()).toMatchObject({
      code: "model-broken",
      file: "model.safetensors",
      what: "it cannot be read",
    });
  });

  test("weights without a config", async () => {
    await rm(join(folder, "config.json"));
    expect(await failureOf()).toMatchObject({ code: "model-broken", file: "config.json", what: "it is missing" });
  });

  test("another architecture", async () => {
    await writeJson("config.json", { ...CONFIG, model_type: "mamba" });
    expect(await failureOf()).toMatchObject({ code: "model-unsupported", found: "mamba" });
  });

  test("a config that is no JSON", async () => {
    await writeFile(join(folder, "config.json"), "{");
    expect(await failureOf()).toMatchObject({ code: "model-broken", file: "config.json", what: "it is not JSON" });
  });

  test("a config with a NaN, as Python writes it", async () => {
    await writeFile(join(folder, "config.json"), JSON.stringify(CONFIG).replace("{", '{"initializer_range": NaN,'));
    expect(await failureOf()).toMatchObject({ what: "it has a NaN or an Infinity, which JSON does not know" });
  });

  test("an index that names a file that is not there", async () => {
    await rm(join(folder, "model.safetensors"));
    await writeJson("model.safetensors.index.json", { weight_map: { a: "part-1.safetensors" } });
    expect(await failureOf()).toMatchObject({
      code: "model-broken",
      file: "part-1.safetensors",
      what: "it is missing",
    });
  });

  test("an index that points out of the folder", async () => {
    await writeJson("model.safetensors.index.json", { weight_map: { a: "../../etc/passwd" } });
    expect(await failureOf()).toMatchObject({ code: "model-broken", file: "model.safetensors.index.json" });
  });
});

describe("what is right though odd opens", () => {
  beforeEach(async () => {
    await writeJson("config.json", CONFIG);
    await writeTensors("model.safetensors", "F32", tensors("F32"));
  });

  test("a config behind a byte-order mark", async () => {
    await writeFile(join(folder, "config.json"), `\uFEFF${JSON.stringify(CONFIG)}`);
    expect(await failureOf()).toBeNull();
  });

  test("a complete file beside the index of parts that are gone", async () => {
    await writeJson("model.safetensors.index.json", { weight_map: { a: "part-1-of-2.safetensors" } });
    expect(await failureOf()).toBeNull();
  });
});

test("a house model's shards are the bytes of its file", async () => {
  const opened = await openModelFolder(new URL("../../../../public/models/concierge-1m", import.meta.url).pathname);
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const { manifest, readShard } = opened.value;
  const file = await readFile(new URL("../../../../public/models/concierge-1m/model.safetensors", import.meta.url));
  expect(manifest.parameters).toBe(1_262_720);
  expect(file.includes(Buffer.from(await readShard(manifest.embedding)))).toBe(true);
});
