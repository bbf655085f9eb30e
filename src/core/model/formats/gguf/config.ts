/**
 * What a GGUF file's metadata says of the model, in the words of config.json and generation_config.json.
 * Every key of the architecture is translated, or known to change nothing, or refused by name.
 */
import { fail } from "../../../run/failure.ts";
import type { Family } from "../../families/family.ts";
import type { GgufWords } from "../../families/gguf-words.ts";
import type { GgufHead, Metadata } from "./head.ts";

type Json = Readonly<Record<string, unknown>>;

/** Behind the architecture's name: those that are read below, and those that change nothing here. */
const READ = [
  "attention.key_length",
  "attention.value_length",
  "rope.dimension_count",
  "rope.scaling.type",
  "rope.scaling.factor",
  "rope.scaling.original_context_length",
  "rope.scaling.attn_factor",
  "rope.scaling.yarn_beta_fast",
  "rope.scaling.yarn_beta_slow",
];
const IDLE = [
  "vocab_size",
  "rope.scaling.finetuned",
  "tensor_data_layout",
  "attention.causal",
  "expert_used_count",
  "embedding_length_out",
];

export interface ConfigSource {
  readonly model: string;
  readonly modelType: Family["transformers"]["modelType"];
  readonly words: GgufWords;
  readonly head: GgufHead;
  /** Factors by which frequencies are divided, where the file has them. */
  readonly frequencyFactors: readonly number[] | null;
}

/** Throws Failed: model-unsupported for a key that nothing here honours. */
export function configOf({ model, modelType, words, head, frequencyFactors }: ConfigSource): Json {
  const { metadata, tensors, unread } = head;
  const name = words.architecture;
  const key = (short: string): unknown => metadata.get(`${name}.${short}`);
  refuseOthers(model, words, metadata);
  const read = Object.fromEntries(
    Object.entries(words.keys).flatMap(([from, to]) => (key(from) === undefined ? [] : [[to, oneOf(key(from))]])),
  );
  const headSize = key("attention.key_length") ?? Number(key("embedding_length")) / Number(key("attention.head_count"));
  const turned = key("rope.dimension_count") ?? headSize;
  const config = {
    model_type: modelType,
    vocab_size: tensors.get("token_embd.weight")?.shape[0],
    tie_word_embeddings: !tensors.has("output.weight") && !unread.has("output.weight"),
    ...biases(tensors),
    ...read,
    ...(Number.isNaN(headSize) ? {} : { head_dim: headSize }),
    ...(Number.isNaN(headSize) || turned === headSize
      ? {}
      : { partial_rotary_factor: Number(turned) / Number(headSize) }),
    ...scalingOf(key, frequencyFactors),
  };
  const values = key("attention.value_length") ?? headSize;
  if (!Object.is(values, headSize))
    fail({
      code: "model-unsupported",
      model,
      what: `${name}.attention.value_length`,
      found: JSON.stringify(values),
      supported: `${JSON.stringify(headSize)}, the size of its keys`,
    });
  return { ...config, ...words.also?.(config) };
}

/** Some files list a number for each block: all the same is that number. */
const oneOf = (value: unknown): unknown =>
  Array.isArray(value) && value.length > 0 && value.every((each) => each === value[0]) ? value[0] : value;

/** The families that have a choice say so by flags. */
const biases = (tensors: GgufHead["tensors"]): Json => ({
  attention_bias: tensors.has("blk.0.attn_output.bias"),
  mlp_bias: tensors.has("blk.0.ffn_down.bias"),
});

function scalingOf(key: (short: string) => unknown, factors: readonly number[] | null): Json {
  if (factors !== null) return { rope_scaling: { rope_type: "factors", factors } };
  const type = key("rope.scaling.type");
  if (type === undefined || type === "none") return {};
  return {
    rope_scaling: {
      rope_type: type,
      factor: key("rope.scaling.factor"),
      original_max_position_embeddings: key("rope.scaling.original_context_length"),
      attention_factor: key("rope.scaling.attn_factor"),
      beta_fast: key("rope.scaling.yarn_beta_fast"),
      beta_slow: key("rope.scaling.yarn_beta_slow"),
    },
  };
}

/** What is false or none changes nothing, whatever it is. */
const isNeutral = (value: unknown): boolean => value === false || value === 0 || value === "none";

function refuseOthers(model: string, { keys, architecture: name }: GgufWords, metadata: Metadata): void {
  const known = new Set([...Object.keys(keys), ...READ, ...IDLE]);
  for (const [key, value] of metadata) {
    if (!key.startsWith(`${name}.`) || known.has(key.slice(name.length + 1)) || isNeutral(value)) continue;
    fail({
      code: "model-unsupported",
      model,
      what: "metadata",
      found: `${key} = ${JSON.stringify(value)?.slice(0, 40)}`,
      supported: [...known].join(", "),
      advice: "Use the model's safetensors checkpoint, or a GGUF file without that key.",
    });
  }
}

/** Tokens that end a turn by what they are called, as in llama.cpp. */
const TURN_ENDS: ReadonlySet<unknown> = new Set([
  "<|eot_id|>",
  "<|im_end|>",
  "<|end|>",
  "<end_of_turn>",
  "<|endoftext|>",
]);

export function generationOf(metadata: Metadata): Json {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  const named = Array.isArray(tokens) ? tokens.flatMap((token, id) => (TURN_ENDS.has(token) ? [id] : [])) : [];
  const said = ["eos", "eot", "eom"].map((which) => metadata.get(`tokenizer.ggml.${which}_token_id`));
  const ids = [...said, ...named].filter((id) => typeof id === "number");
  return { eos_token_id: [...new Set(ids)] };
}
