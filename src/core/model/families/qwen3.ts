/**
 * Qwen3: Llama with a norm on each head's query and key, and Qwen2's windows.
 * Source: Yang et al. 2025 (Qwen3), in the layout of Hugging Face's Qwen3ForCausalLM.
 */
import type { TensorSpec } from "../tensors.ts";
import { readSwitchedWindows } from "./config-parts.ts";
import { HEAD_NORMS, LLAMA_WORDS } from "./gguf-words.ts";
import { likeLlama, llama, readLlama, type LlamaRole } from "./llama.ts";

const USUAL_HEAD = 128;

export const qwen3 = likeLlama({
  transformers: { modelType: "qwen3", className: "Qwen3ForCausalLM" },
  gguf: { ...LLAMA_WORDS, architecture: "qwen3", block: HEAD_NORMS },
  readConfig: (config) => ({ ...readLlama(config, { headSize: USUAL_HEAD }), ...readSwitchedWindows(config) }),
  tensors(a) {
    const all = llama.tensors(a);
    const norms = (block: number): [LlamaRole, TensorSpec][] => [
      ["queryNorm", { name: `model.layers.${block}.self_attn.q_norm.weight`, shape: [a.headSize] }],
      ["keyNorm", { name: `model.layers.${block}.self_attn.k_norm.weight`, shape: [a.headSize] }],
    ];
    return { ...all, block: (index) => new Map([...all.block(index), ...norms(index)]) };
  },
});
