/**
 * Nothing in a folder is passed over: one row a case of what a file, key or tensor may be, and either the
 * folder opens and computes what it should, or it is refused by name with what helps in that case.
 */
import { mkdir, mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { attempt, unwrap, type Failure } from "#core/run/failure.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import { TINY } from "#engine/testing/tiny-model.ts";
import { safetensorsOf, TINY_CONFIG, tinyTensors, writeFileOf, writeTinyFolder } from "../testing/tiny-folder.ts";
import { openModelFolder } from "./model-folder.ts";
import { nodeRuntime } from "./onnx-runtime.ts";
import { openTokenizer } from "./tokenizer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cutlayer-odd-"));
  await writeTinyFolder(folder);
});
afterEach(() => rm(folder, { recursive: true }));

/** Files by name: null takes one away. */
type Files = Readonly<Record<string, unknown>>;

async function open(files: Files): Promise<Failure | null> {
  for (const [name, content] of Object.entries(files))
    await (content === null ? rm(join(folder, name)) : writeFileOf(folder, name, content));
  const opened = await openModelFolder(folder);
  return opened.ok ? null : opened.failure;
}

const tensors = tinyTensors("F32");
const config = (changes: object): Files => ({ "config.json": { ...TINY_CONFIG, ...changes } });
const weights = (changed: typeof tensors, type = "F32"): Files => ({
  "model.safetensors": safetensorsOf(type, changed),
});
const more = (name: string, type = "F32", shape = [4]): Files =>
  weights([...tensors, { name, shape, type, bytes: new Uint8Array(16) }]);
const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";

const REFUSED: readonly (readonly [string, Files, { readonly says: string; readonly advises: string }])[] = [
  // Weights
  ["no weights", { "model.safetensors": null }, { says: "model.safetensors: it is missing", advises: "Download" }],
  [
    "PyTorch's own files",
    { "model.safetensors": null, "pytorch_model.bin": "x" },
    { says: "pytorch_model.bin", advises: "save_pretrained" },
  ],
  [
    "weights under another name",
    { "model.safetensors": null, "consolidated.safetensors": "x" },
    { says: "model.safetensors: it is missing", advises: "consolidated.safetensors" },
  ],
  [
    "an index of what is not there",
    { "model.safetensors": null, "model.safetensors.index.json": { weight_map: { a: "part-1.safetensors" } } },
    { says: "part-1.safetensors: it is missing", advises: "Download" },
  ],
  [
    "an index out of the folder",
    { "model.safetensors.index.json": { weight_map: { a: "../../etc/passwd" } } },
    { says: "weight_map", advises: "Download" },
  ],
  [
    "weights that are a pointer",
    { "model.safetensors": POINTER },
    { says: "Git LFS pointer", advises: "git lfs pull" },
  ],
  [
    "a type that we do not read",
    weights(tensors.map((each) => ({ ...each, type: "I32" }))),
    { says: "type of tensor model.embed_tokens.weight is I32", advises: "GGUF" },
  ],
  // Tensors
  [
    "a missing tensor",
    weights(tensors.filter(({ name }) => !name.includes("2.mlp.up"))),
    { says: "model.layers.2.mlp.up_proj.weight is missing", advises: "same revision" },
  ],
  [
    "a tensor that no config names",
    more("model.layers.0.mlp.scale"),
    { says: "model.layers.0.mlp.scale", advises: "one model" },
  ],
  [
    "a bias that the config does not have",
    more("model.layers.0.self_attn.q_proj.bias"),
    { says: "q_proj.bias", advises: "attention_bias" },
  ],
  [
    "a block behind the last",
    more("model.layers.4.input_layernorm.weight"),
    { says: "model.layers.4.input_layernorm.weight", advises: "config.json" },
  ],
  ["a quantised matrix", more("model.layers.0.mlp.up_proj.qweight", "I32"), { says: "qweight", advises: "GGUF" }],
  [
    "an adapter among the tensors",
    more("model.layers.0.mlp.up_proj.lora_A.weight"),
    { says: "lora_A", advises: "merge_and_unload" },
  ],
  ["experts", more("model.layers.0.mlp.experts.0.up_proj.weight"), { says: "experts", advises: "dense" }],
  [
    "a missing head",
    config({ tie_word_embeddings: false }),
    { says: "lm_head.weight is missing", advises: '"tie_word_embeddings": true' },
  ],
  [
    "a head of its own that the config does not know",
    weights([...tensors, { ...tensors[0]!, name: "lm_head.weight", bytes: new Uint8Array(4 * 97 * 64) }]),
    { says: "lm_head.weight is another matrix", advises: '"tie_word_embeddings": false' },
  ],
  [
    "a padded vocabulary",
    config({ vocab_size: 90 }),
    { says: "config.json says [90, 64]", advises: '"vocab_size": 97' },
  ],
  [
    "a config of another model",
    config({ intermediate_size: 80 }),
    { says: "config.json says [80, 64]", advises: "same revision" },
  ],
  // The config
  ["no config", { "config.json": null }, { says: "config.json: it is missing", advises: "Download" }],
  [
    "a config that is a pointer",
    { "config.json": POINTER },
    { says: "config.json: it is a Git LFS pointer", advises: "git lfs pull" },
  ],
  ["a config that is no JSON", { "config.json": "{" }, { says: "it is not JSON", advises: "Download" }],
  [
    "a NaN, as Python writes it",
    { "config.json": JSON.stringify(TINY_CONFIG).replace("{", '{"initializer_range": NaN,') },
    { says: "NaN", advises: "number or null" },
  ],
  ["another architecture", config({ model_type: "mamba" }), { says: "mamba", advises: "house models" }],
  ...[8, 24, 56].map((size): (typeof REFUSED)[number] => [
    `heads of ${size}`,
    config({ head_dim: size }),
    { says: `head_dim is ${size}`, advises: "supported" },
  ]),
  [
    "a rotation of part of each head",
    config({ partial_rotary_factor: 0.5 }),
    { says: "partial_rotary_factor is 0.5", advises: "supported" },
  ],
  [
    "rope parameters for kinds of blocks",
    config({ rope_parameters: { full_attention: { rope_theta: 1e6 }, sliding_attention: {} } }),
    { says: "full_attention, sliding_attention", advises: "supported" },
  ],
  ["a window", config({ sliding_window: 8 }), { says: "sliding_window is 8", advises: "supported" }],
  [
    "a scaled embedding",
    config({ embedding_multiplier: 12 }),
    { says: "embedding_multiplier is 12", advises: "take the key out" },
  ],
  ...["gptq", "awq", "bitsandbytes"].map((method): (typeof REFUSED)[number] => [
    `a checkpoint of ${method}`,
    config({ quantization_config: { quant_method: method, bits: 4 } }),
    { says: method, advises: "GGUF" },
  ]),
  // Files beside
  [
    "an adapter beside the weights",
    { "adapter_config.json": {} },
    { says: "PEFT adapter", advises: "merge_and_unload" },
  ],
  ["AutoGPTQ's config beside it", { "quantize_config.json": {} }, { says: "AutoGPTQ", advises: "GGUF" }],
  ["AWQ's config beside it", { "quant_config.json": {} }, { says: "AWQ", advises: "GGUF" }],
];

test.each(REFUSED)("%s is refused", async (_, files, { says, advises }) => {
  const failure = await open(files);
  if (failure === null) throw new Error("it opened");
  expect(["model-broken", "model-unsupported"]).toContain(failure.code);
  const { title, detail, next } = describeFailure(failure);
  expect(`${title} ${detail}`).toContain(says);
  expect(next).toContain(advises);
});

test("weights that cannot be read, or end early, are refused", async () => {
  await truncate(join(folder, "model.safetensors"), 5000);
  expect(await open({})).toMatchObject({ code: "model-broken", file: "model.safetensors" });
  await rm(join(folder, "model.safetensors"));
  await mkdir(join(folder, "model.safetensors"));
  expect(await open({})).toMatchObject({ file: "model.safetensors", what: "it cannot be read" });
});

test("what is no folder of a model at all is refused", async () => {
  const opened = async (path: string): Promise<Failure | null> => {
    const result = await openModelFolder(path);
    return result.ok ? null : result.failure;
  };
  expect(await opened(join(folder, "nowhere"))).toMatchObject({ code: "model-broken", model: "nowhere" });
  expect(await opened(join(folder, "model.safetensors"))).toMatchObject({ file: "config.json", what: "it is missing" });
  const empty = await mkdtemp(join(folder, "other-"));
  expect(await opened(empty)).toMatchObject({ code: "model-unsupported", what: "format", found: "an empty folder" });
  await writeFileOf(empty, "pytorch_model.bin", "");
  expect(await opened(empty)).toMatchObject({ found: "none we know (pytorch_model.bin)" });
});

const doubles = tensors.map(({ name, shape, bytes }) => ({
  name,
  shape,
  type: "F64",
  bytes: new Uint8Array(Float64Array.from(new Float32Array(bytes.slice().buffer)).buffer),
}));
const based = tensors.map((each) => ({ ...each, name: each.name.replace(/^model\./, "") }));

const SAME: readonly (readonly [string, Files])[] = [
  ["a config behind a byte-order mark", { "config.json": `\uFEFF${JSON.stringify(TINY_CONFIG)}` }],
  [
    "a complete file beside the index of parts that are gone",
    { "model.safetensors.index.json": { weight_map: { a: "part-1.safetensors" } } },
  ],
  ["the names of a base model", weights(based)],
  ["float64 weights", weights(doubles)],
  ["frequencies that old checkpoints keep", more("model.layers.0.self_attn.rotary_emb.inv_freq")],
  ["a head that is the embedding's table once more", weights([...tensors, { ...tensors[0]!, name: "lm_head.weight" }])],
  ["a whole rotation, a window as wide as the context", config({ partial_rotary_factor: 1, sliding_window: 64 })],
  ["ends of texts as a list, and no generation config", config({ eos_token_id: [3, 4] })],
];

test.each(SAME)("%s changes nothing of what is computed", async (_, files) => {
  const expected = await logitsHere();
  expect(await open(files)).toBeNull();
  expect(await logitsHere()).toEqual(expected);
});

async function logitsHere(): Promise<Float32Array> {
  const { manifest, readShard } = unwrap(await openModelFolder(folder));
  const host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), manifest, readShard);
  const session = await host.open(wholeModel(TINY), { capacity: 8, kvCache: true });
  const output = await session.step({ kind: "ids", ids: [3, 50, 7] }, 0, "last");
  await session.close();
  await host.close();
  return output.kind === "logits" ? output.logits : expect.fail("a whole model gives logits");
}

test("eight bits a number are read by their format's table", async () => {
  const codes = [0x38, 0xb8, 0x08, 0x01, 0x7e, 0x00, 0xc4, 0x30];
  const numbers = [1, -1, 2 ** -6, 2 ** -9, 448, 0, -3, 0.5];
  const norm = { name: "model.norm.weight", shape: [TINY.hidden], type: "F8_E4M3" };
  const bytes = Uint8Array.from({ length: TINY.hidden }, (_, i) => codes[i % 8] ?? 0);
  expect(await open(weights(tensors.map((each) => (each.name === norm.name ? { ...norm, bytes } : each))))).toBeNull();
  const { manifest, readShard } = unwrap(await openModelFolder(folder));
  const read = new Float32Array((await readShard(manifest.norm)).slice().buffer);
  expect([...read.subarray(0, 8)]).toEqual(numbers);
});

describe("what a prompt becomes", () => {
  const tokenizer = {
    model: { type: "BPE", vocab: { "<s>": 0, "</s>": 1, H: 2, i: 3, Hi: 4 }, merges: [["H", "i"]] },
    added_tokens: [0, 1].map((id) => ({
      id,
      content: ["<s>", "</s>"][id],
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: null,
    decoder: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] } },
    },
  };
  const user = [{ role: "user", content: "Hi" }];
  const ids = async (files: Files) => {
    expect(await open({ "tokenizer.json": tokenizer, ...files })).toBeNull();
    const opened = await openTokenizer(unwrap(await openModelFolder(folder)));
    return { text: opened.prompt("Hi"), plain: opened.encode("Hi"), chat: opened.conversation(user) };
  };

  test("the token that begins a text stands before it, also without a template or a tokenizer_config.json", async () => {
    expect(await ids({})).toEqual({ text: [0, 4], plain: [4], chat: [0, 4] });
  });

  test("a template is honoured wherever it stands, its own file first", async () => {
    const inConfig = { "tokenizer_config.json": { chat_template: "i", bos_token: "</s>" } };
    expect((await ids(inConfig)).chat).toEqual([3]);
    expect((await ids({ ...inConfig, "chat_template.json": { chat_template: "HHi" } })).chat).toEqual([2, 4]);
    const file = { "chat_template.jinja": "\uFEFF{{ bos_token }}{{ messages[0].content }}H" };
    expect((await ids({ ...inConfig, ...file })).chat).toEqual([1, 4, 2]);
  });

  test("a tokenizer that is a pointer is called so", async () => {
    await open({ "tokenizer.json": POINTER });
    await expect(openTokenizer(unwrap(await openModelFolder(folder)))).rejects.toMatchObject({
      failure: { file: "tokenizer.json", what: expect.stringContaining("pointer") as string },
    });
  });

  test("a folder without a tokenizer is good for ids, and says so where a text is given", async () => {
    const opened = await openTokenizer(unwrap(await openModelFolder(folder)));
    expect(opened.decode([3, 4])).toBe("<3><4>");
    expect(attempt(() => opened.conversation(user))).toMatchObject({
      failure: { file: "tokenizer.json", advice: expect.stringContaining("promptIds") as string },
    });
  });
});
