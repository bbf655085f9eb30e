import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAMILY_NAMES } from "./families/registry.ts";
import { readConfig, readStopIds } from "./read-config.ts";

const FAMILIES = FAMILY_NAMES.join(", ");

const LLAMA = {
  model_type: "llama",
  vocab_size: 4096,
  hidden_size: 256,
  intermediate_size: 704,
  num_hidden_layers: 12,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};

const read = (changes: Record<string, unknown>) => readConfig("m", { ...LLAMA, ...changes });
const refusal = (changes: Record<string, unknown>) => {
  const result = read(changes);
  return result.ok ? null : result.failure;
};

describe("readConfig", () => {
  test("head size is implied by hidden size and heads, or explicit", () => {
    expect(read({})).toMatchObject({
      ok: true,
      value: { headSize: 64, kvHeads: 2, tiedEmbedding: true, rope: { theta: 10_000 } },
    });
    expect(read({ head_dim: 32 })).toMatchObject({ ok: true, value: { headSize: 32 } });
  });

  test("every head has its own keys where the config names none", () => {
    expect(read({ num_key_value_heads: null })).toMatchObject({ ok: true, value: { kvHeads: 4 } });
  });

  test("rotary parameters in both spellings", () => {
    const llama3 = {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    };
    expect(read({ rope_theta: 5e5, rope_scaling: llama3 })).toMatchObject({
      ok: true,
      value: { rope: { theta: 5e5, scaling: { kind: "llama3", factor: 8 } } },
    });
    expect(read({ rope_parameters: { rope_type: "default", rope_theta: 1e6 } })).toMatchObject({
      ok: true,
      value: { rope: { theta: 1e6, scaling: { kind: "none" } } },
    });
  });

  test("yarn says how sharp attention is, by itself, by two strengths or by its length alone", () => {
    const yarn = { type: "yarn", factor: 4, original_max_position_embeddings: 128 };
    const scaling = (more: object) => {
      const result = read({ rope_scaling: { ...yarn, ...more } });
      return result.ok ? result.value.rope?.scaling : null;
    };
    const sharp = 0.1 * Math.log(4) + 1;
    expect(scaling({})).toEqual({
      kind: "yarn",
      factor: 4,
      originalContext: 128,
      fastTurns: 32,
      slowTurns: 1,
      wholePairs: true,
      attentionFactor: sharp,
    });
    expect(scaling({ mscale: 1, mscale_all_dim: 1 })).toMatchObject({ attentionFactor: 1 });
    expect(scaling({ mscale: 2 })).toMatchObject({ attentionFactor: sharp });
    expect(scaling({ attention_factor: 1.5, truncate: false })).toMatchObject({
      attentionFactor: 1.5,
      wholePairs: false,
    });
    expect(scaling({ original_max_position_embeddings: null })).toMatchObject({ originalContext: 512 });
  });

  test("dynamic stretching begins where the context ends, and changes nothing before", () => {
    expect(read({ rope_scaling: { type: "dynamic", factor: 2 } })).toMatchObject({
      ok: true,
      value: { context: 512, rope: { scaling: { kind: "none" } } },
    });
    expect(refusal({ rope_scaling: { type: "dynamic" } })).toMatchObject({ what: "factor is missing" });
  });

  test("windows of the blocks that have them, and no such key where none has", () => {
    const windows = (changes: object) => {
      const result = read({ num_hidden_layers: 3, sliding_window: 64, ...changes });
      return result.ok ? (result.value.windows ?? "none") : result.failure;
    };
    const [every, some] = [{ model_type: "mistral" }, { model_type: "qwen2", max_window_layers: 0 }];
    expect(windows(every)).toEqual([64, 64, 64]);
    expect(windows({ ...every, sliding_window: 512 })).toBe("none");
    expect(windows({ ...every, sliding_window: null })).toBe("none");
    expect(windows(some)).toBe("none");
    expect(windows({ ...some, use_sliding_window: true })).toEqual([64, 64, 64]);
    expect(windows({ ...some, use_sliding_window: true, max_window_layers: 2 })).toEqual([null, null, 64]);
    const types = ["sliding_attention", "full_attention", "sliding_attention"];
    expect(windows({ ...some, use_sliding_window: true, layer_types: types })).toEqual([64, null, 64]);
    expect(windows({ ...every, layer_types: types.slice(0, 2) })).toMatchObject({ what: "layer_types" });
    expect(windows({ ...every, layer_types: ["chunked_attention"] })).toMatchObject({ found: '"chunked_attention"' });
  });

  test("blocks that do not turn by positions, listed or every so many", () => {
    const rotated = (changes: object) => {
      const result = read({ model_type: "smollm3", num_hidden_layers: 4, ...changes });
      return result.ok ? result.value.rotated : result.failure;
    };
    expect(rotated({})).toEqual([true, true, true, false]);
    expect(rotated({ no_rope_layer_interval: 2 })).toEqual([true, false, true, false]);
    expect(rotated({ no_rope_layers: [0, 0, 1, 1, 1] })).toEqual([false, false, true, true]);
    expect(rotated({ no_rope_layers: [0] })).toMatchObject({ code: "model-broken" });
  });

  test("the architecture carries its family's name, first in the manifest as ever", () => {
    const result = read({});
    expect(result.ok && Object.keys(result.value)[0]).toBe("family");
    expect(result).toMatchObject({ ok: true, value: { family: "llama" } });
  });

  test("what changes nothing is passed over: a window that is off or as wide as the context, a whole rotation", () => {
    for (const changes of [
      { sliding_window: null },
      { sliding_window: 512 },
      { sliding_window: 64, use_sliding_window: false },
      { partial_rotary_factor: 1 },
      { rope_scaling: null },
    ])
      expect(read(changes).ok, JSON.stringify(changes)).toBe(true);
  });

  test.each([
    [{ model_type: "mamba" }, { code: "model-unsupported", what: "model_type", found: "mamba", supported: FAMILIES }],
    [
      { model_type: undefined },
      { code: "model-unsupported", what: "model_type", found: "nothing", supported: FAMILIES },
    ],
    [{ model_type: 7 }, { code: "model-broken", what: "model_type is 7, not a text" }],
    [{ head_dim: 8 }, { code: "model-unsupported", what: "head_dim", found: "8" }],
    [{ head_dim: 24 }, { code: "model-unsupported", what: "head_dim", found: "24" }],
    [{ head_dim: 56 }, { code: "model-unsupported", what: "head_dim", found: "56" }],
    [{ sliding_window: 64 }, { code: "model-unsupported", what: "sliding_window", found: "64" }],
    [{ partial_rotary_factor: 0.5 }, { code: "model-unsupported", what: "partial_rotary_factor", found: "0.5" }],
    [
      { rope_parameters: { rope_type: "default", partial_rotary_factor: 0.25 } },
      { code: "model-unsupported", what: "partial_rotary_factor", found: "0.25" },
    ],
    [
      { rope_parameters: { full_attention: { rope_theta: 1e6 }, sliding_attention: { rope_theta: 1e4 } } },
      {
        code: "model-unsupported",
        what: "rope_parameters",
        found: "one for each of full_attention, sliding_attention",
      },
    ],
    [{ rope_scaling: "linear" }, { code: "model-broken", what: 'rope_scaling is "linear", not an object' }],
    [
      { tie_word_embeddings: "false" },
      { code: "model-broken", what: expect.stringContaining("true or false") as string },
    ],
    [{ hidden_act: "gelu" }, { code: "model-unsupported", what: "hidden_act", found: "gelu" }],
    [{ head_dim: 20 }, { code: "model-unsupported", what: "head_dim", found: "20" }],
    [{ head_dim: 512 }, { code: "model-unsupported", what: "head_dim" }],
    [
      { rope_scaling: { rope_type: "longrope", factor: 4 } },
      { code: "model-unsupported", what: "rope_scaling", found: "longrope" },
    ],
    [{ quantization_config: { bits: 4 } }, { code: "model-unsupported", what: "quantization_config" }],
    [{ num_key_value_heads: 3 }, { code: "model-broken", file: "config.json" }],
    [{ hidden_size: undefined }, { code: "model-broken", what: "hidden_size is missing" }],
    [{ vocab_size: -1 }, { code: "model-broken" }],
    [{ num_hidden_layers: 2.5 }, { code: "model-broken" }],
  ])("%j is refused", (changes, failure) => {
    expect(refusal(changes)).toMatchObject(failure);
  });

  test("anything at all is read or refused, never thrown at", () => {
    fc.assert(fc.property(fc.anything(), (config) => typeof readConfig("m", config).ok === "boolean"));
    fc.assert(
      fc.property(
        fc.record({
          key: fc.constantFrom(...Object.keys(LLAMA), "rope_scaling", "rope_parameters", "head_dim", "sliding_window"),
          value: fc.anything(),
        }),
        ({ key, value }) => typeof read({ [key]: value }).ok === "boolean",
      ),
    );
  });
});

test("stop ids come from the generation config, else from the config", () => {
  expect(readStopIds({ eos_token_id: 2 }, { eos_token_id: [0, 1, 4] })).toEqual([0, 1, 4]);
  expect(readStopIds({ eos_token_id: 2 }, null)).toEqual([2]);
  expect(readStopIds({}, {})).toEqual([]);
});
