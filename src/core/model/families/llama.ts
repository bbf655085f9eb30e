/**
 * Llama: RMSNorm, rotary grouped-query attention, SwiGLU; tied or untied head, biases where the
 * config asks for them, norms on queries and keys where a variation has them. The family others are
 * variations of, so read this one first.
 * Source: Touvron et al. 2023 (LLaMA), in the layout of Hugging Face's LlamaForCausalLM.
 */
import type { Value } from "../../onnx/graph.ts";
import {
  attention,
  gatedFeedForward,
  headNorm,
  linear,
  lookUp,
  rmsNorm,
  type BlockResult,
  type BlockStep,
  type Weights,
} from "../../onnx/layers.ts";
import { add } from "../../onnx/operators.ts";
import * as float64 from "../../reference/layers.ts";
import type { Architecture } from "../architecture.ts";
import { rotaryTables } from "../rotary.ts";
import type { ModelTensors, TensorSpec } from "../tensors.ts";
import { readHeads, readRope, refuseQuantised, refuseWindows } from "./config-parts.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { Family, Reference } from "./family.ts";

export type LlamaRole =
  | ("embedding" | "norm" | "head")
  | ("attentionNorm" | "query" | "key" | "value" | "output")
  | ("feedForwardNorm" | "gate" | "up" | "down")
  | ("queryNorm" | "keyNorm")
  | ("queryBias" | "keyBias" | "valueBias" | "outputBias")
  | ("gateBias" | "upBias" | "downBias");

type Own = Pick<Family<LlamaRole>, "transformers" | "readConfig" | "tensors">;

/** A family with these blocks: its config and its tensors say which of the optional parts it has. */
export const likeLlama = ({ transformers, readConfig, tensors }: Own): Family<LlamaRole> => ({
  transformers,
  match: (config) => config.text("model_type") === transformers.modelType,
  readConfig,
  tensors,
  embedding: (_, ids, w) => lookUp(w("embedding"), ids),
  block,
  norm: (a, x, w) => rmsNorm(x, w("norm"), a.normEpsilon),
  head: (a, x, w) => linear(x, w(a.tiedEmbedding ? "embedding" : "head")),
  kv: ({ kvHeads, headSize }) => ({ kvHeads, headSize }),
  reference: (a, weights) => reference(a, weights, tensors(a)),
});

export const llama = likeLlama({
  transformers: { modelType: "llama", className: "LlamaForCausalLM" },
  readConfig(config) {
    refuseWindows(config);
    return readLlama(config);
  },
  tensors,
});

/** What a variation's config means where it says nothing. */
interface Usual {
  readonly headSize?: number;
  readonly theta?: number;
  readonly epsilon?: number;
  readonly tied?: boolean;
}

/** What all variations have in their config, under the same keys. */
export function readLlama(config: ConfigReader, usual: Usual = {}): Omit<Architecture, "family"> {
  config.expectIfThere("hidden_act", "silu");
  refuseQuantised(config);
  const hidden = config.size("hidden_size");
  return {
    blocks: config.size("num_hidden_layers"),
    hidden,
    ...readHeads(config, hidden, usual),
    intermediate: config.size("intermediate_size"),
    vocabulary: config.size("vocab_size"),
    context: config.size("max_position_embeddings"),
    normEpsilon: config.positive("rms_norm_eps", usual.epsilon ?? 1e-6),
    rope: readRope(config, usual.theta),
    tiedEmbedding: config.flag("tie_word_embeddings", usual.tied),
    attentionBias: config.flag("attention_bias"),
    mlpBias: config.flag("mlp_bias"),
  };
}

function tensors(a: Architecture): ModelTensors<LlamaRole> {
  const table = [a.vocabulary, a.hidden];
  return {
    embedding: new Map([["embedding", { name: "model.embed_tokens.weight", shape: table }]]),
    block: (index) => blockTensors(a, index),
    norm: new Map([["norm", { name: "model.norm.weight", shape: [a.hidden] }]]),
    head: a.tiedEmbedding ? null : new Map([["head", { name: "lm_head.weight", shape: table }]]),
  };
}

function blockTensors(a: Architecture, block: number): ReadonlyMap<LlamaRole, TensorSpec> {
  const at = (name: string, ...shape: number[]): TensorSpec => ({ name: `model.layers.${block}.${name}`, shape });
  const queries = a.heads * a.headSize;
  const keys = a.kvHeads * a.headSize;
  const attentionBiases: [LlamaRole, TensorSpec][] = [
    ["queryBias", at("self_attn.q_proj.bias", queries)],
    ["keyBias", at("self_attn.k_proj.bias", keys)],
    ["valueBias", at("self_attn.v_proj.bias", keys)],
    ["outputBias", at("self_attn.o_proj.bias", a.hidden)],
  ];
  const mlpBiases: [LlamaRole, TensorSpec][] = [
    ["gateBias", at("mlp.gate_proj.bias", a.intermediate)],
    ["upBias", at("mlp.up_proj.bias", a.intermediate)],
    ["downBias", at("mlp.down_proj.bias", a.hidden)],
  ];
  return new Map<LlamaRole, TensorSpec>([
    ["attentionNorm", at("input_layernorm.weight", a.hidden)],
    ["query", at("self_attn.q_proj.weight", queries, a.hidden)],
    ["key", at("self_attn.k_proj.weight", keys, a.hidden)],
    ["value", at("self_attn.v_proj.weight", keys, a.hidden)],
    ["output", at("self_attn.o_proj.weight", a.hidden, queries)],
    ["feedForwardNorm", at("post_attention_layernorm.weight", a.hidden)],
    ["gate", at("mlp.gate_proj.weight", a.intermediate, a.hidden)],
    ["up", at("mlp.up_proj.weight", a.intermediate, a.hidden)],
    ["down", at("mlp.down_proj.weight", a.hidden, a.intermediate)],
    ...(a.attentionBias ? attentionBiases : []),
    ...(a.mlpBias ? mlpBiases : []),
  ]);
}

/** x + attention(norm(x)), then + feed-forward(norm(x)). */
function block(a: Architecture, x: Value, w: Weights<LlamaRole>, step: BlockStep): BlockResult {
  const h = rmsNorm(x, w("attentionNorm"), a.normEpsilon); // [1, n, d]
  const query = headNorm(linear(h, w("query"), w("queryBias")), w("queryNorm"), a); // [1, n, heads · headSize]
  const key = headNorm(linear(h, w("key"), w("keyBias")), w("keyNorm"), a); // [1, n, kvHeads · headSize]
  const value = linear(h, w("value"), w("valueBias"));
  const { attended, keys, values } = attention(a, { query, key, value }, step);
  const y = add(x, linear(attended, w("output"), w("outputBias"))); // [1, n, d]
  const g = rmsNorm(y, w("feedForwardNorm"), a.normEpsilon);
  return { x: add(y, gatedFeedForward(g, w)), keys, values };
}

/** The block above, line by line. */
function reference(a: Architecture, weights: float64.NamedWeights, all: ModelTensors<LlamaRole>): Reference {
  const rotary = rotaryTables(a);
  const { embedding, norm, head, block: blockOf } = all;
  const table = float64.weightsOf(embedding, weights);
  const normed = (x: float64.Matrix, scale: float64.Vector | null): float64.Matrix =>
    x.map((row) => float64.rmsNorm(row, scale, a.normEpsilon));

  function referenceBlock(index: number, x: float64.Matrix): float64.Matrix {
    const w = float64.weightsOf(blockOf(index), weights);
    const h = normed(x, w("attentionNorm"));
    const query = h.map((row) => float64.headNorm(float64.linear(row, w("query"), w("queryBias")), w("queryNorm"), a));
    const key = h.map((row) => float64.headNorm(float64.linear(row, w("key"), w("keyBias")), w("keyNorm"), a));
    const value = h.map((row) => float64.linear(row, w("value"), w("valueBias")));
    const attended = float64.attention(a, rotary, { query, key, value }, index);
    const output = attended.map((row) => float64.linear(row, w("output"), w("outputBias")));
    const y = float64.addRows(x, output);
    const g = normed(y, w("feedForwardNorm"));
    return float64.addRows(
      y,
      g.map((row) => float64.gatedFeedForward(row, w)),
    );
  }

  return {
    embedding: (ids) => float64.lookUp(table("embedding"), ids, a.hidden),
    block: referenceBlock,
    norm: (x) => normed(x, float64.weightsOf(norm, weights)("norm")),
    head(x) {
      const matrix = head === null ? table("embedding") : float64.weightsOf(head, weights)("head");
      return x.map((row) => float64.linear(row, matrix));
    },
  };
}
