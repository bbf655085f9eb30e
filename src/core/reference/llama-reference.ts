/**
 * The oracle: a Llama-family decoder in float64, written for reading. No caches, no tricks; every
 * position attends to those before it, top to bottom as in the papers. What the engines compute is
 * compared with this. n positions, d hidden size, V vocabulary.
 */
import type { Architecture } from "../model/architecture.ts";
import {
  blockTensors,
  embeddingTensor,
  exitTensors,
  headTensor,
  normTensor,
  type BlockRole,
} from "../model/llama-tensors.ts";
import { rotaryTables, type RotaryTables } from "../model/rotary.ts";

type Vector = Float64Array;
type Matrix = readonly Vector[]; // rows

/** Tensors by their names in the checkpoint, row-major. */
export type ReferenceWeights = (name: string) => Float64Array;

/** Logits of every position: n rows of V. */
export function referenceLogits(a: Architecture, weights: ReferenceWeights, ids: readonly number[]): Matrix {
  return referenceHead(a, weights, referenceBlocks(a, weights, referenceEmbedding(a, weights, ids), 0, a.blocks));
}

/** Logits from hidden states: the final norm and the head. */
export function referenceHead(a: Architecture, weights: ReferenceWeights, x: Matrix): Matrix {
  const head = weights((a.tiedEmbedding ? embeddingTensor(a) : headTensor(a)).name);
  return x.map((row) => linear(rmsNorm(row, weights(normTensor(a).name), a.normEpsilon), head));
}

/** Logits through the trained exit behind `depth` blocks, from the hidden states there. */
export function referenceExit(a: Architecture, weights: ReferenceWeights, depth: number, x: Matrix): Matrix {
  const [norm = "", projection = ""] = exitTensors(a, depth).map(({ name }) => name);
  const head = weights((a.tiedEmbedding ? embeddingTensor(a) : headTensor(a)).name);
  return x.map((row) => linear(linear(rmsNorm(row, weights(norm), a.normEpsilon), weights(projection)), head));
}

/** n rows of d: the ids' rows of the embedding table. */
export function referenceEmbedding(a: Architecture, weights: ReferenceWeights, ids: readonly number[]): Matrix {
  const table = weights(embeddingTensor(a).name);
  return ids.map((id) => table.slice(id * a.hidden, (id + 1) * a.hidden));
}

/** The hidden states after blocks [from, to). */
export function referenceBlocks(
  a: Architecture,
  weights: ReferenceWeights,
  x: Matrix,
  from: number,
  to: number,
): Matrix {
  const rotary = rotaryTables(a);
  let hidden = x;
  for (let index = from; index < to; index++) {
    const tensors = blockTensors(a, index);
    hidden = block(a, rotary, hidden, (role) => {
      const name = tensors.get(role)?.name;
      return name === undefined ? null : weights(name);
    });
  }
  return hidden;
}

function block(a: Architecture, rotary: RotaryTables, x: Matrix, w: (role: BlockRole) => Vector | null): Matrix {
  const of = (role: BlockRole): Vector => w(role) ?? new Float64Array();
  const normed = x.map((row) => rmsNorm(row, of("attentionNorm"), a.normEpsilon));
  const queries = normed.map((row, position) => rotate(a, rotary, linear(row, of("query"), w("queryBias")), position));
  const keys = normed.map((row, position) => rotate(a, rotary, linear(row, of("key"), w("keyBias")), position));
  const values = normed.map((row) => linear(row, of("value"), w("valueBias")));
  const attended = queries.map((query, position) =>
    attention(a, query, keys.slice(0, position + 1), values.slice(0, position + 1)),
  );
  const y = x.map((row, i) => add(row, linear(attended[i] ?? row, of("output"), w("outputBias"))));
  return y.map((row) => add(row, feedForward(rmsNorm(row, of("feedForwardNorm"), a.normEpsilon), of, w)));
}

/** down(silu(gate(x)) · up(x)) (Shazeer 2020, SwiGLU). */
function feedForward(x: Vector, of: (role: BlockRole) => Vector, w: (role: BlockRole) => Vector | null): Vector {
  const gate = linear(x, of("gate"), w("gateBias"));
  const up = linear(x, of("up"), w("upBias"));
  return linear(
    gate.map((g, i) => (g / (1 + Math.exp(-g))) * (up[i] ?? 0)),
    of("down"),
    w("downBias"),
  );
}

/** One position's heads, each against the keys and values of its group: softmax(q·k / √headSize) · v. */
function attention(a: Architecture, query: Vector, keys: Matrix, values: Matrix): Vector {
  const result = new Float64Array(a.heads * a.headSize);
  for (let head = 0; head < a.heads; head++) {
    const group = Math.floor(head / (a.heads / a.kvHeads));
    const q = part(query, head, a.headSize);
    const weights = softmax(keys.map((key) => dot(q, part(key, group, a.headSize)) / Math.sqrt(a.headSize)));
    values.forEach((value, i) =>
      part(value, group, a.headSize).forEach(
        (v, j) => (result[head * a.headSize + j] = (result[head * a.headSize + j] ?? 0) + (weights[i] ?? 0) * v),
      ),
    );
  }
  return result;
}

/** Turns the pairs (i, i + headSize/2) of every head by the position's angles. */
function rotate(a: Architecture, { columns, cosine, sine }: RotaryTables, x: Vector, position: number): Vector {
  return x.map((value, index) => {
    const i = index % a.headSize;
    const angle = position * columns + (i % columns);
    const partner = i < columns ? -(x[index + columns] ?? 0) : (x[index - columns] ?? 0);
    return value * (cosine[angle] ?? 1) + partner * (sine[angle] ?? 0);
  });
}

function rmsNorm(x: Vector, scale: Vector, epsilon: number): Vector {
  const rms = Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => (value / rms) * (scale[i] ?? 1));
}

/** W · x + b, W row-major [out, in]. */
function linear(x: Vector, weight: Vector, bias: Vector | null = null): Vector {
  return Float64Array.from(
    { length: weight.length / x.length },
    (_, row) => dot(x, weight.subarray(row * x.length, (row + 1) * x.length)) + (bias?.[row] ?? 0),
  );
}

function softmax(scores: readonly number[]): readonly number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

const add = (a: Vector, b: Vector): Vector => a.map((value, i) => value + (b[i] ?? 0));
const part = (x: Vector, index: number, size: number): Vector => x.subarray(index * size, (index + 1) * size);

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
