/**
 * GPT-2: learned positions beside the tokens, LayerNorm, one matrix for queries, keys and values, a
 * feed-forward without a gate, biases everywhere. Matrices are stored as [in, out] (Conv1D).
 * Source: Radford et al. 2019, in the layout of Hugging Face's GPT2LMHeadModel.
 */
import type { OperatorResult, Value } from "../../onnx/graph.ts";
import {
  attention,
  gelu,
  layerNorm,
  linear,
  linearInOut,
  lookUp,
  type BlockResult,
  type BlockStep,
  type Weights,
} from "../../onnx/layers.ts";
import { add, slice } from "../../onnx/operators.ts";
import * as float64 from "../../reference/layers.ts";
import type { Architecture } from "../architecture.ts";
import { rotaryTables } from "../rotary.ts";
import type { TensorMap, TensorSpec } from "../tensors.ts";
import { readHeads, refuseQuantised } from "./config-parts.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { Family, Reference } from "./family.ts";

type Role =
  | ("embedding" | "positions" | "head")
  | ("norm" | "normBias" | "attentionNorm" | "attentionNormBias" | "feedForwardNorm" | "feedForwardNormBias")
  | ("projections" | "projectionsBias" | "output" | "outputBias" | "inner" | "innerBias" | "outer" | "outerBias");

export const gpt2: Family<Role> = {
  transformers: {
    modelType: "gpt2",
    className: "GPT2LMHeadModel",
    keys: { n_layer: "blocks", n_head: "heads", n_embd: "hidden" },
  },
  gguf: {
    architecture: "gpt2",
    block: {
      attn_norm: "ln_1",
      attn_qkv: "attn.c_attn",
      attn_output: "attn.c_proj",
      ffn_norm: "ln_2",
      ffn_up: "mlp.c_fc",
      ffn_down: "mlp.c_proj",
    },
    blockPrefix: "transformer.h.",
    ends: {
      "token_embd.weight": "transformer.wte.weight",
      "position_embd.weight": "transformer.wpe.weight",
      "output_norm.weight": "transformer.ln_f.weight",
      "output_norm.bias": "transformer.ln_f.bias",
      "output.weight": "lm_head.weight",
    },
    keys: {
      embedding_length: "n_embd",
      block_count: "n_layer",
      feed_forward_length: "n_inner",
      "attention.head_count": "n_head",
      "attention.head_count_kv": "num_key_value_heads",
      context_length: "n_positions",
      "attention.layer_norm_epsilon": "layer_norm_epsilon",
    },
    change: (name) => (/^blk\.\d+\.(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$/.test(name) ? "transposed" : null),
  },
  match: (config) => config.text("model_type") === "gpt2",
  readConfig,
  tensors(a) {
    const table = { name: "transformer.wte.weight", shape: [a.vocabulary, a.hidden] };
    const positions = { name: "transformer.wpe.weight", shape: [a.context, a.hidden] };
    return {
      embedding: new Map([
        ["embedding", table],
        ["positions", positions],
      ]),
      block: (index) => blockTensors(a, index),
      norm: new Map(weightAndBias("norm", "normBias", "transformer.ln_f", [a.hidden])),
      head: a.tiedEmbedding ? null : new Map([["head", { ...table, name: "lm_head.weight" }]]),
    };
  },
  embedding: (_, ids, w, positions) => add(lookUp(w("embedding"), ids), lookUp(w("positions"), positions)),
  block,
  norm: (a, x, w) => layerNorm(x, w("norm"), w("normBias"), a.normEpsilon),
  head: (a, x, w) => linear(x, w(a.tiedEmbedding ? "embedding" : "head")),
  kv: ({ kvHeads, headSize }) => ({ kvHeads, headSize }),
  reference,
};

function readConfig(config: ConfigReader): Omit<Architecture, "family"> {
  refuseQuantised(config);
  const activation = config.text("activation_function") ?? "gelu_new";
  if (activation !== "gelu_new" && activation !== "gelu_pytorch_tanh")
    config.unsupported("activation_function", activation, "gelu_new, gelu_pytorch_tanh");
  config.expectFlag("scale_attn_weights", true, true);
  config.expectFlag("scale_attn_by_inverse_layer_idx", false);
  config.expectFlag("add_cross_attention", false);
  const [blocks, hidden] = [config.size("n_layer"), config.size("n_embd")];
  return {
    blocks,
    hidden,
    ...readHeads(config, hidden, { heads: "n_head" }),
    intermediate: config.size("n_inner", 4 * hidden),
    vocabulary: config.size("vocab_size"),
    context: config.size("n_positions"),
    normEpsilon: config.positive("layer_norm_epsilon", 1e-5),
    rope: null,
    tiedEmbedding: config.flag("tie_word_embeddings", true),
    attentionBias: true,
    mlpBias: true,
    rotated: Array.from({ length: blocks }, () => false),
  };
}

const weightAndBias = (weight: Role, bias: Role, name: string, shape: readonly number[]): [Role, TensorSpec][] => [
  [weight, { name: `${name}.weight`, shape, ...(shape.length === 2 ? { byColumns: true } : {}) }],
  [bias, { name: `${name}.bias`, shape: shape.slice(-1) }],
];

function blockTensors(a: Architecture, block: number): TensorMap<Role> {
  const at = (name: string): string => `transformer.h.${block}.${name}`;
  return new Map([
    ...weightAndBias("attentionNorm", "attentionNormBias", at("ln_1"), [a.hidden]),
    ...weightAndBias("projections", "projectionsBias", at("attn.c_attn"), [a.hidden, 3 * a.hidden]),
    ...weightAndBias("output", "outputBias", at("attn.c_proj"), [a.hidden, a.hidden]),
    ...weightAndBias("feedForwardNorm", "feedForwardNormBias", at("ln_2"), [a.hidden]),
    ...weightAndBias("inner", "innerBias", at("mlp.c_fc"), [a.hidden, a.intermediate]),
    ...weightAndBias("outer", "outerBias", at("mlp.c_proj"), [a.intermediate, a.hidden]),
  ]);
}

function block(a: Architecture, x: Value, w: Weights<Role>, step: BlockStep): BlockResult {
  const h = layerNorm(x, w("attentionNorm"), w("attentionNormBias"), a.normEpsilon); // [1, n, d]
  const all = linearInOut(h, w("projections"), w("projectionsBias")); // [1, n, 3d]
  const part = (i: number): OperatorResult => slice(all, i * a.hidden, (i + 1) * a.hidden, 2);
  const { attended, keys, values } = attention(a, { query: part(0), key: part(1), value: part(2) }, step);
  const y = add(x, linearInOut(attended, w("output"), w("outputBias"))); // [1, n, d]
  const g = layerNorm(y, w("feedForwardNorm"), w("feedForwardNormBias"), a.normEpsilon);
  const inner = gelu(linearInOut(g, w("inner"), w("innerBias"))); // [1, n, intermediate]
  return { x: add(y, linearInOut(inner, w("outer"), w("outerBias"))), keys, values };
}

/** The same in float64. */
function reference(a: Architecture, weights: float64.NamedWeights): Reference {
  const rotary = rotaryTables(a);
  const { embedding, norm, head, block: blockOf } = gpt2.tensors(a);
  const ends = float64.weightsOf<string>(new Map([...embedding, ...norm, ...(head ?? [])]), weights);
  const normed = (x: float64.Matrix, scale: float64.Vector | null, bias: float64.Vector | null): float64.Matrix =>
    x.map((row) => float64.layerNorm(row, scale, bias, a.normEpsilon));
  const each = (x: float64.Matrix, weight: float64.Vector | null, bias: float64.Vector | null): float64.Matrix =>
    x.map((row) => float64.linearInOut(row, weight, bias));

  return {
    embedding: (ids) =>
      float64.addRows(
        float64.lookUp(ends("embedding"), ids, a.hidden),
        float64.lookUp(ends("positions"), [...ids.keys()], a.hidden),
      ),
    block(index, x) {
      const w = float64.weightsOf(blockOf(index), weights);
      const h = normed(x, w("attentionNorm"), w("attentionNormBias"));
      const all = each(h, w("projections"), w("projectionsBias"));
      const part = (i: number): float64.Matrix => all.map((row) => row.slice(i * a.hidden, (i + 1) * a.hidden));
      const attended = float64.attention(a, rotary, { query: part(0), key: part(1), value: part(2) }, index);
      const y = float64.addRows(x, each(attended, w("output"), w("outputBias")));
      const g = normed(y, w("feedForwardNorm"), w("feedForwardNormBias"));
      const inner = each(g, w("inner"), w("innerBias")).map((row) => row.map(float64.gelu));
      return float64.addRows(y, each(inner, w("outer"), w("outerBias")));
    },
    norm: (x) => normed(x, ends("norm"), ends("normBias")),
    head: (x) => x.map((row) => float64.linear(row, ends(a.tiedEmbedding ? "embedding" : "head"))),
  };
}
