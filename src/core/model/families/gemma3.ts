/**
 * Gemma 3, text: Llama with a norm behind attention and feed-forward too, norms on each head's query and
 * key, weights of norms stored less 1, scaled embeddings, a GELU gate, and five blocks with a window and
 * frequencies of their own to each one without.
 * Source: Gemma Team 2025 (Gemma 3), in the layout of Hugging Face's Gemma3ForCausalLM.
 */
import type { Architecture, Rope } from "../architecture.ts";
import type { TensorMap, TensorSpec } from "../tensors.ts";
import { readRopeOf, readWindows, slidingBlocks } from "./config-parts.ts";
import type { ConfigReader } from "./config-reader.ts";
import { HEAD_NORMS, LLAMA_WORDS, WINDOW_KEYS } from "./gguf-words.ts";
import { likeLlama, llama, readLlama, type LlamaRole } from "./llama.ts";

export const gemma3 = likeLlama(
  {
    transformers: { modelType: "gemma3_text", className: "Gemma3ForCausalLM" },
    gguf: {
      ...LLAMA_WORDS,
      architecture: "gemma3",
      block: {
        ...HEAD_NORMS,
        post_attention_norm: "post_attention_layernorm",
        ffn_norm: "pre_feedforward_layernorm",
        post_ffw_norm: "post_feedforward_layernorm",
      },
      keys: WINDOW_KEYS,
      change: (name) => (name.endsWith("norm.weight") ? "less-one" : null),
      also: scaleIn,
    },
    readConfig,
    tensors: (a) => ({ ...llama.tensors(a), block: (index) => blockTensors(a, index) }),
  },
  { gate: "gelu", normOffset: 1, embeddingScale: ({ hidden }) => Math.sqrt(hidden) },
);

/** GGUF files leave out how queries are scaled: the one of 62 blocks has its own scale, as in llama.cpp. */
function scaleIn({
  num_hidden_layers: blocks,
  hidden_size: hidden,
  num_attention_heads: heads,
  head_dim: size,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { query_pre_attn_scalar: blocks === 62 ? Number(hidden) / Number(heads) : size };
}

function readConfig(config: ConfigReader): Omit<Architecture, "family"> {
  for (const key of ["attn_logit_softcapping", "final_logit_softcapping"])
    if (config.has(key)) config.unsupported(key, String(config.positive(key)), "null: logits as they are");
  config.expectFlag("use_bidirectional_attention", false);
  const pattern = config.size("sliding_window_pattern", config.size("_sliding_window_pattern", 6));
  const slides = (block: number): boolean => (block + 1) % pattern !== 0;
  const { full, local } = readRopes(config);
  const activation = { key: "hidden_activation", name: "gelu_pytorch_tanh" };
  const read = readLlama(config, { headSize: 256, tied: true, rope: full, activation });
  const scale = config.positive("query_pre_attn_scalar", 256) ** -0.5;
  const blocks = slidingBlocks(config, slides);
  return {
    ...read,
    mlpBias: false,
    ...readWindows(config, slides),
    ...(blocks.includes(true) ? { localRope: { rope: local, blocks } } : {}),
    ...(scale === read.headSize ** -0.5 ? {} : { attentionScale: scale }),
  };
}

/** One for each kind of block, or the older keys: rope_theta and rope_scaling are those of the full ones. */
function readRopes(config: ConfigReader): { readonly full: Rope; readonly local: Rope } {
  const parameters = config.object("rope_parameters");
  const full = parameters === null ? config.object("rope_scaling") : parameters.object("full_attention");
  const local = parameters?.object("sliding_attention") ?? null;
  return {
    full: readRopeOf(config, full, config.positive("rope_theta", 1_000_000)),
    local: readRopeOf(config, local, config.positive("rope_local_base_freq", 10_000)),
  };
}

function blockTensors(a: Architecture, block: number): TensorMap<LlamaRole> {
  const at = (name: string, size: number): TensorSpec => ({
    name: `model.layers.${block}.${name}.weight`,
    shape: [size],
  });
  return new Map<LlamaRole, TensorSpec>([
    ...llama.tensors(a).block(block),
    ["queryNorm", at("self_attn.q_norm", a.headSize)],
    ["keyNorm", at("self_attn.k_norm", a.headSize)],
    ["attendedNorm", at("post_attention_layernorm", a.hidden)],
    ["feedForwardNorm", at("pre_feedforward_layernorm", a.hidden)],
    ["fedNorm", at("post_feedforward_layernorm", a.hidden)],
  ]);
}
