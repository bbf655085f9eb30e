/**
 * A Llama folder as a GGUF file, so that llama.cpp can be raced on the same weights: float32 or
 * float16, nothing quantised. Not part of the product; the benchmarks of the floor write one.
 * Sources: ggml-org/ggml, docs/gguf.md (the container); llama.cpp, convert_hf_to_gguf.py (query and
 * key rows go from Hugging Face's half-rotated order to llama.cpp's interleaved one).
 */
import { toHalves } from "#core/codec/floats/f16.ts";
import type { Architecture } from "#core/model/architecture.ts";
import type { Shard } from "#core/model/manifest.ts";
import { storedNumbers } from "#core/model/stored-numbers.ts";
import { joined } from "#core/frames/joined.ts";
import type { ModelFolder } from "#node/model/model-folder.ts";

export type GgufPrecision = "f32" | "f16";

interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[]; // rows first, as in the folder
  readonly values: Float64Array;
}

const ALIGNMENT = 32;
const TYPES = { f32: 0, f16: 1 } as const;
/** The file types that the header names: all float32, mostly float16. */
const FILE_TYPES = { f32: 0, f16: 1 } as const;

export async function ggufOf(folder: ModelFolder, precision: GgufPrecision): Promise<Uint8Array> {
  const { architecture, name } = folder.manifest;
  const tensors = await tensorsOf(folder);
  const metadata = [...headerEntries(name, architecture, precision), ...(await vocabularyEntries(folder))];
  const data = tensors.map((tensor) => padded(bytesOf(tensor, precision)));
  let offset = 0;
  const infos = tensors.map((tensor, index) => {
    const info = tensorInfo(tensor, precision, offset);
    offset += data[index]?.byteLength ?? 0;
    return info;
  });
  const counts = [u64(tensors.length), u64(metadata.length)];
  return joined([padded(joined([ascii("GGUF"), u32(3), ...counts, ...metadata, ...infos])), ...data]);
}

/** Of a block's tensors, by their names in the folder. */
const BLOCK_NAMES: ReadonlyMap<string, string> = new Map([
  ["input_layernorm", "attn_norm"],
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["post_attention_layernorm", "ffn_norm"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
]);

async function tensorsOf(folder: ModelFolder): Promise<readonly GgufTensor[]> {
  const { architecture: a, embedding, blocks, norm, head } = folder.manifest;
  const found = await tensorsIn(folder, embedding, () => "token_embd.weight");
  for (const [index, shard] of blocks.entries()) {
    const prefix = `model.layers.${index}.`;
    const tensors = await tensorsIn(folder, shard, (name) => {
      const short = BLOCK_NAMES.get(name.slice(prefix.length).replace(/\.weight$/, ""));
      if (short === undefined) throw new Error(`${name} has no place in the GGUF files that are written here`);
      return `blk.${index}.${short}.weight`;
    });
    found.push(...tensors.map((tensor) => inLlamaOrder(tensor, a)));
  }
  found.push(...(await tensorsIn(folder, norm, () => "output_norm.weight")));
  if (head !== null) found.push(...(await tensorsIn(folder, head, () => "output.weight")));
  return found;
}

async function tensorsIn(folder: ModelFolder, shard: Shard, nameOf: (name: string) => string): Promise<GgufTensor[]> {
  const bytes = await folder.readShard(shard);
  return shard.tensors.map(({ name, type, shape, offset, bytes: length }) => ({
    name: nameOf(name),
    shape,
    values: storedNumbers(type, bytes.subarray(offset, offset + length)),
  }));
}

function inLlamaOrder(tensor: GgufTensor, { heads, kvHeads }: Architecture): GgufTensor {
  if (tensor.name.endsWith(".attn_q.weight")) return interleaved(tensor, heads);
  return tensor.name.endsWith(".attn_k.weight") ? interleaved(tensor, kvHeads) : tensor;
}

/** Row j of a head's first half, then row j of its second: [heads, 2, half, in] to [heads, half, 2, in]. */
export function interleaved(tensor: GgufTensor, heads: number): GgufTensor {
  const [rows = 0, width = 0] = tensor.shape;
  const half = rows / heads / 2;
  const values = new Float64Array(tensor.values.length);
  for (let row = 0; row < rows; row++) {
    const place = row % (2 * half);
    const from = row - place + (place % 2) * half + Math.floor(place / 2);
    values.set(tensor.values.subarray(from * width, (from + 1) * width), row * width);
  }
  return { ...tensor, values };
}

function headerEntries(name: string, a: Architecture, precision: GgufPrecision): readonly Uint8Array[] {
  const number = (key: string, value: number): Uint8Array => joined([text(`llama.${key}`), u32(4), u32(value)]);
  const real = (key: string, value: number): Uint8Array => joined([text(`llama.${key}`), u32(6), f32(value)]);
  return [
    joined([text("general.architecture"), u32(8), text("llama")]),
    joined([text("general.name"), u32(8), text(name)]),
    joined([text("general.file_type"), u32(4), u32(FILE_TYPES[precision])]),
    number("block_count", a.blocks),
    number("context_length", a.context),
    number("embedding_length", a.hidden),
    number("feed_forward_length", a.intermediate),
    number("attention.head_count", a.heads),
    number("attention.head_count_kv", a.kvHeads),
    number("attention.key_length", a.headSize),
    number("attention.value_length", a.headSize),
    number("rope.dimension_count", a.headSize),
    number("vocab_size", a.vocabulary),
    real("attention.layer_norm_rms_epsilon", a.normEpsilon),
    ...(a.rope === null ? [] : [real("rope.freq_base", a.rope.theta)]),
  ];
}

interface TokenizerJson {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly (string | string[])[] };
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
}

const NORMAL_TOKEN = 1;
const CONTROL_TOKEN = 3;

async function vocabularyEntries(folder: ModelFolder): Promise<readonly Uint8Array[]> {
  const file = await folder.file("tokenizer.json");
  if (file === null) throw new Error("the folder has no tokenizer.json");
  const { model, added_tokens: added } = JSON.parse(file) as TokenizerJson;
  const { vocabulary } = folder.manifest.architecture;
  const tokens = Array.from({ length: vocabulary }, (_, id) => `[unused ${id}]`);
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
  for (const { id, content } of added) tokens[id] = content;
  const control = new Set(added.map(({ id }) => id));
  const types = tokens.map((_, id) => u32(control.has(id) ? CONTROL_TOKEN : NORMAL_TOKEN));
  const merges = model.merges.map((merge) => text(typeof merge === "string" ? merge : merge.join(" ")));
  const [end = 0] = folder.manifest.stopIds;
  return [
    joined([text("tokenizer.ggml.model"), u32(8), text("gpt2")]),
    joined([text("tokenizer.ggml.pre"), u32(8), text("gpt-2")]),
    list("tokenizer.ggml.tokens", 8, tokens.map(text)),
    list("tokenizer.ggml.token_type", 5, types),
    list("tokenizer.ggml.merges", 8, merges),
    joined([text("tokenizer.ggml.bos_token_id"), u32(4), u32(end)]),
    joined([text("tokenizer.ggml.eos_token_id"), u32(4), u32(end)]),
    joined([text("tokenizer.ggml.add_bos_token"), u32(7), Uint8Array.of(0)]),
  ];
}

function list(key: string, type: number, items: readonly Uint8Array[]): Uint8Array {
  return joined([text(key), u32(9), u32(type), u64(items.length), ...items]);
}

/** Vectors stay float32 in either precision, as llama.cpp wants its norms. */
const precisionOf = ({ shape }: GgufTensor, precision: GgufPrecision): GgufPrecision =>
  shape.length === 1 ? "f32" : precision;

function tensorInfo(tensor: GgufTensor, precision: GgufPrecision, offset: number): Uint8Array {
  const { name, shape } = tensor;
  const type = TYPES[precisionOf(tensor, precision)];
  return joined([text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(type), u64(offset)]);
}

function bytesOf(tensor: GgufTensor, precision: GgufPrecision): Uint8Array {
  return precisionOf(tensor, precision) === "f32"
    ? new Uint8Array(Float32Array.from(tensor.values).buffer)
    : new Uint8Array(toHalves(Float32Array.from(tensor.values)).buffer);
}

const padded = (bytes: Uint8Array): Uint8Array =>
  joined([bytes, new Uint8Array((ALIGNMENT - (bytes.byteLength % ALIGNMENT)) % ALIGNMENT)]);
const ascii = (word: string): Uint8Array => new TextEncoder().encode(word);
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
const f32 = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer);
const text = (value: string): Uint8Array => {
  const bytes = ascii(value);
  return joined([u64(bytes.byteLength), bytes]);
};
