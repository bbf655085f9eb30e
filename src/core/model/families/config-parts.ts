/**
 * Parts of a config.json that families share: heads, rotary positions, and the keys that would
 * change what a block computes and that no shared layer has yet. Those are refused, never passed over.
 */
import type { Architecture, Rope } from "../architecture.ts";
import type { ConfigReader } from "./config-reader.ts";

/** The head sizes that the attention kernels of all three runtimes take, rotation included. */
const HEAD_STEP = 16;
const LARGEST_HEAD = 256;

export function readHeads(config: ConfigReader, hidden: number): Pick<Architecture, "heads" | "kvHeads" | "headSize"> {
  const heads = config.size("num_attention_heads");
  const headSize = config.size("head_dim", hidden / heads);
  const kvHeads = config.size("num_key_value_heads", heads);
  if (heads % kvHeads !== 0)
    config.broken(`num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}`);
  if (headSize % HEAD_STEP !== 0 || headSize > LARGEST_HEAD)
    config.unsupported(
      "head_dim",
      String(headSize),
      `a multiple of ${HEAD_STEP} up to ${LARGEST_HEAD}, which the attention kernels need`,
    );
  return { heads, kvHeads, headSize };
}

/** Both spellings: `rope_theta` with `rope_scaling`, and transformers 5's `rope_parameters`. */
export function readRope(config: ConfigReader): Rope {
  const key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const parameters = config.object(key);
  refuseWhatIsNotWhole(config, key, parameters);
  const theta =
    parameters?.has("rope_theta") === true ? parameters.positive("rope_theta") : config.positive("rope_theta", 10_000);
  const kind = parameters?.text("rope_type") ?? parameters?.text("type") ?? "default";
  if (parameters === null || kind === "default") return { theta, scaling: { kind: "none" } };
  switch (kind) {
    case "linear":
      return { theta, scaling: { kind: "linear", factor: parameters.positive("factor") } };
    case "llama3":
      return {
        theta,
        scaling: {
          kind: "llama3",
          factor: parameters.positive("factor"),
          lowFreqFactor: parameters.positive("low_freq_factor"),
          highFreqFactor: parameters.positive("high_freq_factor"),
          originalContext: parameters.positive("original_max_position_embeddings"),
        },
      };
    default:
      return config.unsupported(key, kind, "default, linear or llama3");
  }
}

/** Parameters a kind of layer, or rotation of a part of each head. */
function refuseWhatIsNotWhole(config: ConfigReader, key: string, parameters: ConfigReader | null): void {
  const nested = parameters?.keys.filter((name) => parameters.isNested(name)) ?? [];
  if (nested.length > 0)
    config.unsupported(key, `one for each of ${nested.join(", ")}`, "one set of parameters for all blocks");
  for (const holder of [config, parameters]) {
    const factor = holder?.has("partial_rotary_factor") === true ? holder.positive("partial_rotary_factor") : 1;
    if (factor !== 1)
      config.unsupported("partial_rotary_factor", String(factor), "1: every head is rotated over its whole size");
  }
}

export function refuseQuantised(config: ConfigReader): void {
  if (config.has("quantization_config"))
    config.unsupported("quantization_config", "a quantised checkpoint", "float32, float16 or bfloat16 weights");
}

/** A window as wide as the context, or one that is switched off, changes nothing. */
export function refuseWindows(config: ConfigReader): void {
  if (!config.has("sliding_window") || (config.has("use_sliding_window") && !config.flag("use_sliding_window"))) return;
  const window = config.size("sliding_window");
  if (window < config.size("max_position_embeddings"))
    config.unsupported("sliding_window", String(window), "attention to the whole context");
}
