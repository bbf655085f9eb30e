/**
 * The oracle: what a model computes, in float64, from its family's reference. What the engines
 * compute is compared with this. n positions, d hidden size, V vocabulary.
 */
import type { Architecture } from "../model/architecture.ts";
import { familyOf } from "../model/families/registry.ts";
import { exitTensors } from "../model/tensors.ts";
import { linear, rmsNorm, type Matrix, type NamedWeights } from "./layers.ts";

/** Logits of every position: n rows of V. */
export function referenceLogits(a: Architecture, weights: NamedWeights, ids: readonly number[]): Matrix {
  return referenceHead(a, weights, referenceBlocks(a, weights, referenceEmbedding(a, weights, ids), 0, a.blocks));
}

/** n rows of d: the ids' rows of the embedding table. */
export function referenceEmbedding(a: Architecture, weights: NamedWeights, ids: readonly number[]): Matrix {
  return familyOf(a).reference(a, weights).embedding(ids);
}

/** The hidden states after blocks [from, to). */
export function referenceBlocks(a: Architecture, weights: NamedWeights, x: Matrix, from: number, to: number): Matrix {
  const reference = familyOf(a).reference(a, weights);
  let hidden = x;
  for (let index = from; index < to; index++) hidden = reference.block(index, hidden);
  return hidden;
}

/** Logits from hidden states: the final norm and the head. */
export function referenceHead(a: Architecture, weights: NamedWeights, x: Matrix): Matrix {
  const reference = familyOf(a).reference(a, weights);
  return reference.head(reference.norm(x));
}

/** Logits through the trained exit behind `depth` blocks, from the hidden states there. */
export function referenceExit(a: Architecture, weights: NamedWeights, depth: number, x: Matrix): Matrix {
  const [norm = "", projection = ""] = exitTensors(a, depth).map(({ name }) => name);
  const states = x.map((row) => linear(rmsNorm(row, weights(norm), a.normEpsilon), weights(projection)));
  return familyOf(a).reference(a, weights).head(states);
}
