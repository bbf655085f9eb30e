/**
 * Parts of a config.json that families share: heads, rotary positions, and the keys that would
 * change what a block computes and that no shared layer has yet. Those are refused, never passed over.
 */
import type { Architecture, Rope } from "../architecture.ts";
import { UNQUANTISED_ADVICE } from "../formats/beside.ts";
import type { ConfigReader } from "./config-reader.ts";

/** The head sizes that the attention kernels of all three runtimes take, rotation included. */
const HEAD_STEP = 16;
const LARGEST_HEAD = 256;

/** Where a family's config says it elsewhere, or means something else where it says nothing. */
interface HeadWords {
  readonly heads?: string;
  readonly headSize?: number;
}

export function readHeads(
  config: ConfigReader,
  hidden: number,
  words: HeadWords = {},
): Pick<Architecture, "heads" | "kvHeads" | "headSize"> {
  const heads = config.size(words.heads ?? "num_attention_heads");
  const headSize = config.size("head_dim", words.headSize ?? hidden / heads);
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
export function readRope(config: ConfigReader, usualTheta = 10_000): Rope {
  const key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const parameters = config.object(key);
  refuseWhatIsNotWhole(config, key, parameters);
  return readRopeOf(config, parameters, config.positive("rope_theta", usualTheta));
}

/** From one set of parameters, with the frequency that is meant where they name none. */
export function readRopeOf(config: ConfigReader, parameters: ConfigReader | null, usualTheta: number): Rope {
  const theta = parameters?.positive("rope_theta", usualTheta) ?? usualTheta;
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
          originalContext: originalContext(config, parameters),
        },
      };
    case "factors":
      return { theta, scaling: { kind: "factors", factors: readFactors(config, parameters) } };
    case "dynamic":
      parameters.positive("factor");
      return { theta, scaling: { kind: "none" } }; // it stretches only beyond max_position_embeddings, where our context ends
    case "yarn":
      return { theta, scaling: readYarn(config, parameters) };
    default:
      return config.unsupported("rope_scaling", kind, "default, linear, llama3, dynamic or yarn");
  }
}

/** GGUF files have these in place of how they came about. */
function readFactors(config: ConfigReader, parameters: ConfigReader): readonly number[] {
  const factors = parameters.list("factors") ?? [];
  const isFactor = (value: unknown): value is number => typeof value === "number" && value > 0 && value < Infinity;
  if (!factors.every(isFactor)) config.broken("a factor of its rotary frequencies is no positive number");
  if (2 * factors.length !== config.size("head_dim"))
    config.broken(`it has ${factors.length} factors of rotary frequencies, not one for each two of head_dim`);
  return factors.filter(isFactor);
}

/** As transformers has it: the config's own key before the parameter, the context where there is neither. */
function originalContext(config: ConfigReader, parameters: ConfigReader): number {
  const holder = config.has("original_max_position_embeddings") ? config : parameters;
  const key = "original_max_position_embeddings";
  return holder.positive(key, config.size("max_position_embeddings"));
}

function readYarn(config: ConfigReader, parameters: ConfigReader): Rope["scaling"] {
  const factor = parameters.positive("factor");
  /** How much attention is sharpened (YaRN, section 3.4). */
  const sharper = (strength: number): number => (factor <= 1 ? 1 : 0.1 * strength * Math.log(factor) + 1);
  const both = parameters.has("mscale") && parameters.has("mscale_all_dim");
  const usual = both
    ? sharper(parameters.positive("mscale")) / sharper(parameters.positive("mscale_all_dim"))
    : sharper(1);
  return {
    kind: "yarn",
    factor,
    originalContext: originalContext(config, parameters),
    fastTurns: parameters.positive("beta_fast", 32),
    slowTurns: parameters.positive("beta_slow", 1),
    wholePairs: parameters.flag("truncate", true),
    attentionFactor: parameters.positive("attention_factor", usual),
  };
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
  const quantised = config.object("quantization_config") ?? config.object("compression_config");
  if (quantised === null) return;
  const found = `a checkpoint quantised by ${quantised.text("quant_method") ?? "a method that it does not name"}`;
  config.unsupported("quantization_config", found, "float32, float16 or bfloat16 weights", UNQUANTISED_ADVICE);
}

/** Keys that no family here computes with, and the values at which each changes nothing. */
const FOREIGN: Readonly<Record<string, readonly unknown[]>> = {
  embedding_multiplier: [1],
  residual_multiplier: [1],
  attention_multiplier: [],
  logits_scaling: [1],
  logit_scale: [1],
  clip_qkv: [],
  alibi: [false],
  parallel_attn: [false],
  use_parallel_residual: [false],
  use_qk_norm: [false],
  num_experts: [0, 1],
  num_local_experts: [0, 1],
  n_routed_experts: [0],
};

const MOST_BLOCKS = 1024;

/** For a config of any family: what would scale, clip or route, were it not passed over; and a depth that is no model's. */
export function refuseForeign(config: ConfigReader): void {
  for (const key of ["num_hidden_layers", "n_layer"])
    if (config.has(key) && config.size(key) > MOST_BLOCKS)
      config.unsupported(key, String(config.size(key)), `at most ${MOST_BLOCKS}`);
  for (const [key, neutral] of Object.entries(FOREIGN)) {
    const found = config.value(key);
    if (found !== null && !neutral.includes(found))
      config.unsupported(
        key,
        JSON.stringify(found),
        "a config without it",
        "No family here computes with it. If the model does not either, take the key out of config.json.",
      );
  }
}

/**
 * Of blocks that `slides`, or `layer_types` where the config has it, says to look back over `sliding_window`
 * positions only. A window as wide as the context changes nothing.
 */
export function readWindows(config: ConfigReader, slides: (block: number) => boolean): Pick<Architecture, "windows"> {
  if (!config.has("sliding_window")) return {};
  const window = config.size("sliding_window");
  if (window >= config.size("max_position_embeddings")) return {};
  const windows = slidingBlocks(config, slides).map((each) => (each ? window : null));
  return windows.some((each) => each !== null) ? { windows } : {};
}

/** Of each block whether it looks back over a window only. */
export function slidingBlocks(config: ConfigReader, slides: (block: number) => boolean): readonly boolean[] {
  const kinds = config.list("layer_types");
  return Array.from({ length: config.size("num_hidden_layers") }, (_, block) =>
    kinds === null ? slides(block) : isSliding(config, kinds[block]),
  );
}

function isSliding(config: ConfigReader, kind: unknown): boolean {
  if (kind !== "sliding_attention" && kind !== "full_attention")
    config.unsupported("layer_types", JSON.stringify(kind) ?? "too short a list", "sliding_attention, full_attention");
  return kind === "sliding_attention";
}

/** Those that are switched on by a flag, behind the first so many blocks. */
export const readSwitchedWindows = (config: ConfigReader): Pick<Architecture, "windows"> =>
  config.flag("use_sliding_window")
    ? readWindows(config, (block) => block >= config.count("max_window_layers", 28))
    : {};

/** A window as wide as the context, or one that is switched off, changes nothing. */
export function refuseWindows(config: ConfigReader): void {
  if (!config.has("sliding_window") || (config.has("use_sliding_window") && !config.flag("use_sliding_window"))) return;
  const window = config.size("sliding_window");
  if (window < config.size("max_position_embeddings"))
    config.unsupported("sliding_window", String(window), "attention to the whole context");
}
