/**
 * Llama: RMSNorm, rotary grouped-query attention, SwiGLU; tied or untied head, biases where the
 * config asks for them, norms on queries and keys where a variation has them. The family others are
 * variations of, so read this one first.
 * Source: Touvron et al. 2023 (LLaMA), in the layout of Hugging Face's LlamaForCausalLM.
 */
import { float32Constant, type OperatorResult, type Value, type Weight } from "../../onnx/graph.ts";
import {
  attention,
  gatedFeedForward,
  gelu,
  headNorm,
  linear,
  lookUp,
  rmsNorm,
  type BlockResult,
  type BlockStep,
  type Weights,
} from "../../onnx/layers.ts";
import { add, multiply, silu } from "../../onnx/operators.ts";
import * as float64 from "../../reference/layers.ts";
import type { Architecture, Rope } from "../architecture.ts";
import { rotaryTables, tablesOf } from "../rotary.ts";
import type { ModelTensors, TensorSpec } from "../tensors.ts";
import { readHeads, readRope, refuseQuantised, refuseWindows } from "./config-parts.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { Family, Reference } from "./family.ts";
import { interleaved, LLAMA_WORDS } from "./gguf-words.ts";

export type LlamaRole =
  | ("embedding" | "norm" | "head")
  | ("attentionNorm" | "query" | "key" | "value" | "output")
  | ("feedForwardNorm" | "gate" | "up" | "down")
  | ("queryNorm" | "keyNorm" | "attendedNorm" | "fedNorm")
  | ("queryBias" | "keyBias" | "valueBias" | "outputBias")
  | ("gateBias" | "upBias" | "downBias");

type Own = Pick<Family<LlamaRole>, "transformers" | "gguf" | "readConfig" | "tensors">;

/** What no tensor tells. */
interface Style {
  readonly gate: "silu" | "gelu";
  /** What is added to the weights of all norms. */
  readonly normOffset: number;
  readonly embeddingScale: (a: Architecture) => number | null;
}

const PLAIN: Style = { gate: "silu", normOffset: 0, embeddingScale: () => null };
const GATES = { silu: { graph: silu, float64: float64.silu }, gelu: { graph: gelu, float64: float64.gelu } };

/** A family with these blocks: its config and its tensors say which of the optional parts it has. */
export const likeLlama = (own: Own, style: Style = PLAIN): Family<LlamaRole> => ({
  ...own,
  match: (config) => config.text("model_type") === own.transformers.modelType,
  embedding(a, ids, w) {
    const [x, scale] = [lookUp(w("embedding"), ids), style.embeddingScale(a)];
    return scale === null ? x : multiply(x, float32Constant(scale));
  },
  block: (a, x, w, step) => block(a, x, w, step, style),
  norm: (a, x, w) => rmsNorm(x, w("norm"), a.normEpsilon, style.normOffset),
  head: (a, x, w) => linear(x, w(a.tiedEmbedding ? "embedding" : "head")),
  kv: ({ kvHeads, headSize }) => ({ kvHeads, headSize }),
  reference: (a, weights) => reference(a, weights, own.tensors(a), style),
});

export const llama = likeLlama({
  transformers: { modelType: "llama", className: "LlamaForCausalLM" },
  gguf: { ...LLAMA_WORDS, architecture: "llama", change: interleaved },
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
  readonly activation?: { readonly key: string; readonly name: string };
  /** Read already, where the config says it in another way. */
  readonly rope?: Rope;
  readonly tied?: boolean;
}

/** What all variations have in their config, under the same keys. */
export function readLlama(config: ConfigReader, usual: Usual = {}): Omit<Architecture, "family"> {
  config.expectIfThere(usual.activation?.key ?? "hidden_act", usual.activation?.name ?? "silu");
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
    rope: usual.rope ?? readRope(config, usual.theta),
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

/** x + attention(norm(x)), then + feed-forward(norm(x)); a norm behind either where there is one. */
function block(a: Architecture, x: Value, w: Weights<LlamaRole>, step: BlockStep, style: Style): BlockResult {
  const { gate, normOffset } = style;
  const norm = (y: Value, scale: Weight | null): OperatorResult => rmsNorm(y, scale, a.normEpsilon, normOffset);
  const normIfThere = (y: OperatorResult, scale: Weight | null): OperatorResult =>
    scale === null ? y : norm(y, scale);
  const h = norm(x, w("attentionNorm")); // [1, n, d]
  const query = headNorm(linear(h, w("query"), w("queryBias")), w("queryNorm"), a, normOffset); // [1, n, heads · headSize]
  const key = headNorm(linear(h, w("key"), w("keyBias")), w("keyNorm"), a, normOffset); // [1, n, kvHeads · headSize]
  const value = linear(h, w("value"), w("valueBias"));
  const { attended, keys, values } = attention(a, { query, key, value }, step);
  const y = add(x, normIfThere(linear(attended, w("output"), w("outputBias")), w("attendedNorm"))); // [1, n, d]
  const fed = gatedFeedForward(norm(y, w("feedForwardNorm")), w, GATES[gate].graph);
  return { x: add(y, normIfThere(fed, w("fedNorm"))), keys, values };
}

/** The block above, line by line. */
function reference(
  a: Architecture,
  weights: float64.NamedWeights,
  { embedding, norm: last, head, block: blockOf }: ModelTensors<LlamaRole>,
  { gate, normOffset, embeddingScale }: Style,
): Reference {
  const rotary = rotaryTables(a);
  const table = float64.weightsOf(embedding, weights);
  const norm = (x: float64.Matrix, scale: float64.Vector | null): float64.Matrix =>
    x.map((row) => float64.rmsNorm(row, scale, a.normEpsilon, normOffset));
  const normIfThere = (x: float64.Matrix, scale: float64.Vector | null): float64.Matrix =>
    scale === null ? x : norm(x, scale);

  function referenceBlock(index: number, x: float64.Matrix): float64.Matrix {
    const w = float64.weightsOf(blockOf(index), weights);
    const projected = (rows: float64.Matrix, weight: LlamaRole, bias: LlamaRole): float64.Matrix =>
      rows.map((row) => float64.linear(row, w(weight), w(bias)));
    const headNorm = (rows: float64.Matrix, scale: LlamaRole): float64.Matrix =>
      rows.map((row) => float64.headNorm(row, w(scale), a, normOffset));
    const h = norm(x, w("attentionNorm"));
    const query = headNorm(projected(h, "query", "queryBias"), "queryNorm");
    const key = headNorm(projected(h, "key", "keyBias"), "keyNorm");
    const value = projected(h, "value", "valueBias");
    const attended = float64.attention(a, tablesOf(a, rotary, index), { query, key, value }, index);
    const y = float64.addRows(x, normIfThere(projected(attended, "output", "outputBias"), w("attendedNorm")));
    const fed = norm(y, w("feedForwardNorm")).map((row) => float64.gatedFeedForward(row, w, GATES[gate].float64));
    return float64.addRows(y, normIfThere(fed, w("fedNorm")));
  }

  return {
    embedding: (ids) =>
      float64.lookUp(table("embedding"), ids, a.hidden).map((row) => row.map((x) => x * (embeddingScale(a) ?? 1))),
    block: referenceBlock,
    norm: (x) => norm(x, float64.weightsOf(last, weights)("norm")),
    head(x) {
      const matrix = head === null ? table("embedding") : float64.weightsOf(head, weights)("head");
      return x.map((row) => float64.linear(row, matrix));
    },
  };
}
