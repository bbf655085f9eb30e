/**
 * Qwen2 and Qwen2.5: Llama with biases on queries, keys and values, and windows in the blocks behind the
 * first `max_window_layers` where they are switched on.
 * Source: Yang et al. 2024 (Qwen2), in the layout of Hugging Face's Qwen2ForCausalLM.
 */
import { readSwitchedWindows } from "./config-parts.ts";
import { LLAMA_WORDS } from "./gguf-words.ts";
import { likeLlama, llama, readLlama } from "./llama.ts";

export const qwen2 = likeLlama({
  transformers: { modelType: "qwen2", className: "Qwen2ForCausalLM" },
  gguf: { ...LLAMA_WORDS, architecture: "qwen2" },
  readConfig: (config) => ({ ...readLlama(config), ...readSwitchedWindows(config) }),
  tensors(a) {
    const all = llama.tensors({ ...a, attentionBias: true, mlpBias: false });
    return { ...all, block: (index) => new Map([...all.block(index)].filter(([role]) => role !== "outputBias")) };
  },
});
