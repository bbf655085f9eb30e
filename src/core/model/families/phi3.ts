/**
 * Phi-3: Llama whose queries, keys and values are one matrix, and gate and up another, in that order of
 * rows. They are read where they lie, as parts of it.
 * Source: Abdin et al. 2024 (Phi-3), in the layout of Hugging Face's Phi3ForCausalLM.
 */
import { rowsOf, type Weights } from "../../onnx/layers.ts";
import type { NamedWeights } from "../../reference/layers.ts";
import type { Architecture } from "../architecture.ts";
import type { TensorMap, TensorSpec } from "../tensors.ts";
import { readWindows } from "./config-parts.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { Family } from "./family.ts";
import { LLAMA_WORDS, WINDOW_KEYS } from "./gguf-words.ts";
import { likeLlama, llama, readLlama, type LlamaRole } from "./llama.ts";

type Role = LlamaRole | "projections" | "gateUp";

/** Which rows of which matrix a role is. */
type Parts = ReadonlyMap<string, { readonly of: "projections" | "gateUp"; readonly from: number; readonly to: number }>;

const blocks = likeLlama({
  transformers: { modelType: "phi3", className: "Phi3ForCausalLM" },
  gguf: {
    ...LLAMA_WORDS,
    architecture: "phi3",
    block: { ...LLAMA_WORDS.block, attn_qkv: "self_attn.qkv_proj", ffn_up: "mlp.gate_up_proj" },
    keys: WINDOW_KEYS,
  },
  readConfig,
  tensors: (a) => llama.tensors(a),
});

export const phi3: Family<Role> = {
  ...blocks,
  tensors: (a) => ({ ...llama.tensors(a), block: (index) => blockTensors(a, index) }),
  block: (a, x, w, step) => blocks.block(a, x, splitting(partsOf(a), w), step),
  reference: (a, weights) => blocks.reference(a, splitByName(a, weights)),
};

function readConfig(config: ConfigReader): Omit<Architecture, "family"> {
  const read = readLlama(config, { epsilon: 1e-5 });
  const scaling = read.rope?.scaling.kind ?? "none";
  if (scaling !== "none")
    config.unsupported("rope_scaling", scaling, "default, as in the model of this family with the short context");
  return { ...read, attentionBias: false, mlpBias: false, ...readWindows(config, () => true) };
}

function partsOf(a: Architecture): Parts {
  const [queries, keys] = [a.heads * a.headSize, a.kvHeads * a.headSize];
  return new Map([
    ["query", { of: "projections", from: 0, to: queries }],
    ["key", { of: "projections", from: queries, to: queries + keys }],
    ["value", { of: "projections", from: queries + keys, to: queries + 2 * keys }],
    ["gate", { of: "gateUp", from: 0, to: a.intermediate }],
    ["up", { of: "gateUp", from: a.intermediate, to: 2 * a.intermediate }],
  ] as const);
}

function blockTensors(a: Architecture, block: number): TensorMap<Role> {
  const at = (name: string, rows: number): TensorSpec => ({
    name: `model.layers.${block}.${name}.weight`,
    shape: [rows, a.hidden],
  });
  const parts = partsOf(a);
  return new Map<Role, TensorSpec>([
    ["projections", at("self_attn.qkv_proj", (a.heads + 2 * a.kvHeads) * a.headSize)],
    ["gateUp", at("mlp.gate_up_proj", 2 * a.intermediate)],
    ...[...llama.tensors(a).block(block)].filter(([role]) => !parts.has(role)),
  ]);
}

const splitting =
  (parts: Parts, w: Weights<Role>): Weights<LlamaRole> =>
  (role) => {
    const part = parts.get(role);
    const matrix = part === undefined ? null : w(part.of);
    return part === undefined || matrix === null ? w(role) : rowsOf(matrix, part.from, part.to);
  };

/** Llama's tensors by their names, out of this family's. */
function splitByName(a: Architecture, weights: NamedWeights): NamedWeights {
  const parts = partsOf(a);
  const places = new Map(
    Array.from({ length: a.blocks }, (_, block) => {
      const ours = blockTensors(a, block);
      return [...llama.tensors(a).block(block)].flatMap(([role, { name }]) => {
        const part = parts.get(role);
        return part === undefined ? [] : [[name, { ...part, name: ours.get(part.of)?.name ?? "" }] as const];
      });
    }).flat(),
  );
  return (name) => {
    const place = places.get(name);
    return place === undefined
      ? weights(name)
      : weights(place.name).subarray(place.from * a.hidden, place.to * a.hidden);
  };
}
