/**
 * The whole model as one graph under the names that transformers.js expects, from the same
 * expressions and the same weights as every segment: the baseline that generates without us.
 * Past keys and values have exactly the length of the past and are concatenated each step, as in
 * the exports that transformers.js is written for.
 */
import type { ModelManifest } from "../model/manifest.ts";
import { familyOf } from "../model/families/registry.ts";
import {
  encodeModel,
  input,
  int64Constant,
  type Output,
  type OperatorResult,
  type Value,
  type Weight,
} from "./graph.ts";
import { cast, gather, shapeVector, subtract } from "./operators.ts";
import { turnedBy } from "./segment-graph.ts";
import { weightsOfShards } from "./shard-weights.ts";

/** The ModelProto, and the rotary tables [context, headSize / 2] as weights the caller places. */
export function baselineGraph(
  manifest: ModelManifest,
  rotary: { readonly cosine: Weight; readonly sine: Weight },
): Uint8Array {
  const a = manifest.architecture;
  const family = familyOf(a);
  const { kvHeads, headSize } = family.kv(a);
  const weights = weightsOfShards(manifest);
  const step = { ...positionsOf(input("attention_mask", "I64", [1, "total"])), ...rotary };
  const caches: Output[] = [];
  let x = family.embedding(
    a,
    input("input_ids", "I64", [1, "n"]),
    weights.ends,
    input("position_ids", "I64", [1, "n"]),
  );
  for (let index = 0; index < a.blocks; index++) {
    const past = (part: string): Value =>
      input(`past_key_values.${index}.${part}`, "F32", [1, kvHeads, "past", headSize]);
    const block = family.block(a, x, weights.block(index), {
      ...step,
      ...turnedBy(a, rotary, index),
      block: index,
      past: { key: past("key"), value: past("value") },
      rowsOnly: false,
    });
    const present = (part: string, value: OperatorResult): Output => ({
      name: `present.${index}.${part}`,
      value,
      type: "F32",
      shape: [1, kvHeads, "total", headSize],
    });
    caches.push(present("key", block.keys), present("value", block.values));
    x = block.x;
  }
  const last = gather(x, int64Constant([-1]), 1); // [1, 1, d]
  const logits = family.head(a, family.norm(a, last, weights.ends), weights.ends);
  return encodeModel("baseline", [
    { name: "logits", value: logits, type: "F32", shape: [1, 1, a.vocabulary] },
    ...caches,
  ]);
}

/** Of a mask of ones: the last position, and how many there are. */
function positionsOf(mask: Value): { start: Value; lastPosition: Value; total: Value } {
  const length = gather(shapeVector(mask), int64Constant([1]), 0); // [1]
  return {
    start: int64Constant([0]),
    lastPosition: cast(subtract(length, int64Constant([1])), "I32"),
    total: cast(length, "I32"),
  };
}
