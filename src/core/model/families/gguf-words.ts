/**
 * A family in GGUF's words: what its keys and tensors are called there, and what llama.cpp's converter made of
 * them. Read by the format of that name alone; a family that has no such files has none of it.
 * Source: llama.cpp, gguf-py (constants, tensor_mapping) and convert_hf_to_gguf.py.
 */

/** How a tensor's numbers go back to what the checkpoint had. */
export type Change = "interleaved-query" | "interleaved-key" | "transposed" | "less-one";

type Names = Readonly<Record<string, string>>;
type Json = Readonly<Record<string, unknown>>;

export interface GgufWords {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Of a block's tensors: by what follows `blk.N.`, without `.weight` or `.bias`. */
  readonly block: Names;
  /** In a checkpoint, before the number of a block. */
  readonly blockPrefix: string;
  /** Of the other tensors, whole. */
  readonly ends: Names;
  /** Keys of config.json by those of the metadata, behind the architecture's name. */
  readonly keys: Names;
  readonly change: (name: string) => Change | null;
  /** What the files do not say, from the keys of config.json that they do. */
  readonly also?: (config: Json) => Json;
}

/** Those of Llama and of its variations. */
export const LLAMA_WORDS: Omit<GgufWords, "architecture"> = {
  block: {
    attn_norm: "input_layernorm",
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_output: "self_attn.o_proj",
    ffn_norm: "post_attention_layernorm",
    ffn_gate: "mlp.gate_proj",
    ffn_up: "mlp.up_proj",
    ffn_down: "mlp.down_proj",
  },
  blockPrefix: "model.layers.",
  ends: {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  },
  keys: {
    embedding_length: "hidden_size",
    block_count: "num_hidden_layers",
    feed_forward_length: "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    context_length: "max_position_embeddings",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "rope.freq_base": "rope_theta",
    expert_count: "num_local_experts",
  },
  change: () => null,
};

export const WINDOW_KEYS: Names = { ...LLAMA_WORDS.keys, "attention.sliding_window": "sliding_window" };

export const HEAD_NORMS: Names = {
  ...LLAMA_WORDS.block,
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
};

/** Rows of queries and keys are interleaved where llama.cpp turns neighbours. */
export const interleaved = (name: string): Change | null =>
  /\.attn_q\.(weight|bias)$/.test(name)
    ? "interleaved-query"
    : /\.attn_k\.(weight|bias)$/.test(name)
      ? "interleaved-key"
      : null;

/** The tensor's name in a checkpoint; its own where the family has no such tensor. */
export function checkpointName({ block, ends, blockPrefix }: GgufWords, name: string): string {
  const [, number, short = "", suffix] = /^blk\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (number === undefined) return Object.hasOwn(ends, name) ? (ends[name] ?? name) : name;
  return Object.hasOwn(block, short) ? `${blockPrefix}${number}.${block[short]}.${suffix}` : name;
}
