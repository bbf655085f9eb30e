/**
 * SmolLM3: Llama in which every fourth block, or those that the config lists, leaves queries and keys
 * unturned (NoPE: Kazemnejad et al. 2023); these may have a window.
 * Source: Bakouch et al. 2025 (SmolLM3), in the layout of Hugging Face's SmolLM3ForCausalLM.
 */
import { readWindows } from "./config-parts.ts";
import type { ConfigReader } from "./config-reader.ts";
import { interleaved, LLAMA_WORDS } from "./gguf-words.ts";
import { likeLlama, llama, readLlama } from "./llama.ts";

export const smollm3 = likeLlama({
  transformers: { modelType: "smollm3", className: "SmolLM3ForCausalLM" },
  gguf: { ...LLAMA_WORDS, architecture: "smollm3", change: interleaved },
  readConfig(config) {
    const rotated = readRotated(config);
    return {
      ...readLlama(config, { theta: 2_000_000, tied: true }),
      rotated,
      ...(config.flag("use_sliding_window") ? readWindows(config, (block) => rotated[block] === false) : {}),
    };
  },
  tensors: (a) => llama.tensors(a),
});

/** `no_rope_layers` has 1 where a block turns, whatever its name says. */
function readRotated(config: ConfigReader): readonly boolean[] {
  const listed = config.list("no_rope_layers");
  const interval = config.size("no_rope_layer_interval", 4);
  return Array.from({ length: config.size("num_hidden_layers") }, (_, block) => {
    const turns = listed === null ? Number((block + 1) % interval !== 0) : listed[block];
    return turns === 0 || turns === 1
      ? turns === 1
      : config.broken(`no_rope_layers says ${JSON.stringify(turns) ?? "nothing"} of block ${block}, not 0 or 1`);
  });
}
