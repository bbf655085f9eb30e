/**
 * Mistral: Llama whose blocks all attend to a window.
 * Source: Jiang et al. 2023 (Mistral 7B), in the layout of Hugging Face's MistralForCausalLM.
 */
import { readWindows } from "./config-parts.ts";
import { likeLlama, llama, readLlama } from "./llama.ts";

export const mistral = likeLlama({
  transformers: { modelType: "mistral", className: "MistralForCausalLM" },
  readConfig: (config) => ({ ...readLlama(config), ...readWindows(config, () => true) }),
  tensors: (a) => llama.tensors(a),
});
