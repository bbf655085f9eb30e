/**
 * Which tensors a Llama-family checkpoint has, by the part of the graph that uses them: their
 * names in the file and the shapes that follow from the config. One table for the reader (which
 * checks the file against it), the shards (which group by it) and the graph (which asks by role).
 */
import type { Architecture } from "./architecture.ts";

export type BlockRole =
  | "attentionNorm"
  | "query"
  | "key"
  | "value"
  | "output"
  | "feedForwardNorm"
  | "gate"
  | "up"
  | "down"
  | "queryBias"
  | "keyBias"
  | "valueBias"
  | "outputBias"
  | "gateBias"
  | "upBias"
  | "downBias";

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A block's tensors in the order of their use. */
export function blockTensors(a: Architecture, block: number): ReadonlyMap<BlockRole, TensorSpec> {
  const at = (name: string, ...shape: number[]): TensorSpec => ({ name: `model.layers.${block}.${name}`, shape });
  const queries = a.heads * a.headSize;
  const keys = a.kvHeads * a.headSize;
  const attentionBiases: [BlockRole, TensorSpec][] = [
    ["queryBias", at("self_attn.q_proj.bias", queries)],
    ["keyBias", at("self_attn.k_proj.bias", keys)],
    ["valueBias", at("self_attn.v_proj.bias", keys)],
    ["outputBias", at("self_attn.o_proj.bias", a.hidden)],
  ];
  const mlpBiases: [BlockRole, TensorSpec][] = [
    ["gateBias", at("mlp.gate_proj.bias", a.intermediate)],
    ["upBias", at("mlp.up_proj.bias", a.intermediate)],
    ["downBias", at("mlp.down_proj.bias", a.hidden)],
  ];
  return new Map<BlockRole, TensorSpec>([
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

export const embeddingTensor = (a: Architecture): TensorSpec => ({
  name: "model.embed_tokens.weight",
  shape: [a.vocabulary, a.hidden],
});
export const normTensor = (a: Architecture): TensorSpec => ({ name: "model.norm.weight", shape: [a.hidden] });
/** A trained exit's tensors in `exits.safetensors`: a norm and a projection in front of the head. */
export const exitTensors = (a: Architecture, depth: number): readonly TensorSpec[] => [
  { name: `exits.${depth}.norm.weight`, shape: [a.hidden] },
  { name: `exits.${depth}.projection.weight`, shape: [a.hidden, a.hidden] },
];

export const headTensor = (a: Architecture): TensorSpec => ({
  name: "lm_head.weight",
  shape: [a.vocabulary, a.hidden],
});
