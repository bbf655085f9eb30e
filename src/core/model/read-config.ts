/**
 * config.json to an architecture description. Reads any Llama-family config: grouped-query
 * attention, tied or untied embeddings, explicit or implied head size; what the graphs or the
 * kernels cannot do is refused with a failure that names the key, what was found and what would do.
 */
import { fail, Failed, ok, refuse, type Result } from "../run/failure.ts";
import type { Architecture, Rope } from "./architecture.ts";

type Json = Readonly<Record<string, unknown>>;

/** `config` is the parsed JSON. Failures: model-broken for what is missing or no number, model-unsupported for what we cannot run. */
export function readConfig(model: string, config: unknown): Result<Architecture> {
  try {
    if (!isObject(config)) fail({ code: "model-broken", model, file: "config.json", what: "it is not a JSON object" });
    return ok(readLlama(new Reader(model, config)));
  } catch (thrown) {
    if (thrown instanceof Failed) return refuse(thrown.failure);
    throw thrown;
  }
}

/** stopIds of generation_config.json, or of config.json where there is none. */
export function readStopIds(config: unknown, generation: unknown): readonly number[] {
  const from = (source: unknown): readonly number[] => {
    const value = isObject(source) ? source["eos_token_id"] : undefined;
    return (Array.isArray(value) ? value : [value]).filter((id): id is number => Number.isInteger(id));
  };
  const stops = from(generation);
  return stops.length > 0 ? stops : from(config);
}

function readLlama(read: Reader): Architecture {
  read.expect("model_type", "llama");
  read.expectIfThere("hidden_act", "silu");
  if (read.has("quantization_config"))
    read.unsupported("quantization_config", "a quantised checkpoint", "float32, float16 or bfloat16 weights");
  const hidden = read.size("hidden_size");
  const heads = read.size("num_attention_heads");
  const headSize = read.size("head_dim", hidden / heads);
  const kvHeads = read.size("num_key_value_heads", heads);
  if (heads % kvHeads !== 0)
    read.broken(`num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}`);
  if (headSize % 8 !== 0 || headSize > 256)
    read.unsupported("head_dim", String(headSize), "a multiple of 8 up to 256, which the attention kernels need");
  return {
    family: "llama",
    blocks: read.size("num_hidden_layers"),
    hidden,
    heads,
    kvHeads,
    headSize,
    intermediate: read.size("intermediate_size"),
    vocabulary: read.size("vocab_size"),
    context: read.size("max_position_embeddings"),
    normEpsilon: read.positive("rms_norm_eps", 1e-6),
    rope: readRope(read),
    tiedEmbedding: read.flag("tie_word_embeddings"),
    attentionBias: read.flag("attention_bias"),
    mlpBias: read.flag("mlp_bias"),
  };
}

/** Both spellings: `rope_theta` with `rope_scaling`, and transformers 5's `rope_parameters`. */
function readRope(read: Reader): Rope {
  const parameters = read.object("rope_parameters") ?? read.object("rope_scaling");
  const theta =
    parameters?.has("rope_theta") === true ? parameters.positive("rope_theta") : read.positive("rope_theta", 10_000);
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
      return read.unsupported("rope_scaling", kind, "default, linear or llama3");
  }
}

/** Reads keys of one JSON object, refusing what is not as it must be. */
class Reader {
  readonly #model: string;
  readonly #json: Json;

  constructor(model: string, json: Json) {
    this.#model = model;
    this.#json = json;
  }

  has(key: string): boolean {
    return this.#json[key] !== undefined && this.#json[key] !== null;
  }

  /** A positive whole number. */
  size(key: string, otherwise?: number): number {
    const value = this.positive(key, otherwise);
    return Number.isInteger(value) ? value : this.broken(`${key} is ${value}, not a whole number`);
  }

  positive(key: string, otherwise?: number): number {
    const value = this.has(key) ? this.#json[key] : otherwise;
    if (value === undefined) return this.broken(`${key} is missing`);
    return typeof value === "number" && Number.isFinite(value) && value > 0
      ? value
      : this.broken(`${key} is ${JSON.stringify(value)}, not a positive number`);
  }

  flag(key: string): boolean {
    return this.#json[key] === true;
  }

  text(key: string): string | null {
    const value = this.#json[key];
    return typeof value === "string" ? value : null;
  }

  object(key: string): Reader | null {
    const value = this.#json[key];
    return isObject(value) ? new Reader(this.#model, value) : null;
  }

  expect(key: string, wanted: string): void {
    const found = this.text(key);
    if (found !== wanted) this.unsupported(key, found ?? "nothing", wanted);
  }

  expectIfThere(key: string, wanted: string): void {
    if (this.has(key)) this.expect(key, wanted);
  }

  unsupported(what: string, found: string, supported: string): never {
    fail({ code: "model-unsupported", model: this.#model, what, found, supported });
  }

  broken(what: string): never {
    fail({ code: "model-broken", model: this.#model, file: "config.json", what });
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
