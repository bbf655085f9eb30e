import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConfig, readStopIds } from "./read-config.ts";

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

  test.each([
    [{ model_type: "qwen2" }, { code: "model-unsupported", what: "model_type", found: "qwen2", supported: "llama" }],
    [{ hidden_act: "gelu" }, { code: "model-unsupported", what: "hidden_act", found: "gelu" }],
    [{ head_dim: 20 }, { code: "model-unsupported", what: "head_dim", found: "20" }],
    [{ head_dim: 512 }, { code: "model-unsupported", what: "head_dim" }],
    [
      { rope_scaling: { rope_type: "yarn", factor: 4 } },
      { code: "model-unsupported", what: "rope_scaling", found: "yarn" },
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
        fc.record({ key: fc.constantFrom(...Object.keys(LLAMA), "rope_scaling", "head_dim"), value: fc.anything() }),
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
