/**
 * The layers of the oracle in float64, written for reading: no caches, no tricks, every position
 * attends to those before it. Twin: onnx/layers.ts, line by line. n positions, d hidden size.
 */
import type { Architecture } from "../model/architecture.ts";
import type { RotaryTables } from "../model/rotary.ts";
import type { TensorMap } from "../model/tensors.ts";

export type Vector = Float64Array;
export type Matrix = readonly Vector[]; // rows

/** Tensors by their names in the checkpoint, row-major. */
export type NamedWeights = (name: string) => Vector;

/** A part's weights by role, null where the architecture has none of that role. */
export function weightsOf<Role extends string>(
  specs: TensorMap<Role>,
  weights: NamedWeights,
): (role: Role) => Vector | null {
  return (role) => {
    const name = specs.get(role)?.name;
    return name === undefined ? null : weights(name);
  };
}

/** Rows of `table` [vocabulary, width] at the ids. */
export function lookUp(table: Vector | null, ids: readonly number[], width: number): Matrix {
  const rows = required(table);
  return ids.map((id) => rows.slice(id * width, (id + 1) * width));
}

export function rmsNorm(x: Vector, scale: Vector | null, epsilon: number, offset = 0): Vector {
  const scales = required(scale);
  const rms = Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => (value / rms) * (offset + (scales[i] ?? 1)));
}

/** Each head's part of x normed by itself; x where there is no such norm. */
export function headNorm(
  x: Vector,
  scale: Vector | null,
  { headSize, normEpsilon }: Pick<Architecture, "headSize" | "normEpsilon">,
  offset = 0,
): Vector {
  if (scale === null) return x;
  const heads = Array.from({ length: x.length / headSize }, (_, head) => part(x, head, headSize));
  return Float64Array.from(heads.flatMap((head) => [...rmsNorm(head, scale, normEpsilon, offset)]));
}

/** W · x + b, W row-major [out, in]. */
export function linear(x: Vector, weight: Vector | null, bias: Vector | null = null): Vector {
  const w = required(weight);
  const result = new Float64Array(w.length / x.length);
  for (let row = 0; row < result.length; row++) result[row] = dot(x, w, row * x.length) + (bias?.[row] ?? 0);
  return result;
}

/** Wᵀ · x + b, W row-major [in, out]. */
export function linearInOut(x: Vector, weight: Vector | null, bias: Vector | null): Vector {
  const w = required(weight);
  const result = required(bias).slice();
  x.forEach((value, row) =>
    result.forEach((sum, column) => (result[column] = sum + value * (w[row * result.length + column] ?? 0))),
  );
  return result;
}

export function layerNorm(x: Vector, scale: Vector | null, bias: Vector | null, epsilon: number): Vector {
  const [scales, biases] = [required(scale), required(bias)];
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const centred = x.map((value) => value - mean);
  const deviation = Math.sqrt(dot(centred, centred) / x.length + epsilon);
  return centred.map((value, i) => (value / deviation) * (scales[i] ?? 1) + (biases[i] ?? 0));
}

/** x · sigmoid(x) (Elfwing et al. 2018). */
export const silu = (x: number): number => x / (1 + Math.exp(-x));

/** GELU by its approximation with a tanh (Hendrycks and Gimpel 2016). */
export const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** down(activation(gate(x)) · up(x)) (Shazeer 2020). */
export function gatedFeedForward(
  x: Vector,
  w: (role: "gate" | "up" | "down" | "gateBias" | "upBias" | "downBias") => Vector | null,
  activation: (x: number) => number = silu,
): Vector {
  const up = linear(x, w("up"), w("upBias"));
  const gated = linear(x, w("gate"), w("gateBias")).map((g, i) => activation(g) * (up[i] ?? 0));
  return linear(gated, w("down"), w("downBias"));
}

type Heads = Pick<Architecture, "heads" | "kvHeads" | "headSize" | "windows" | "rotated" | "attentionScale">;

interface Projections {
  readonly query: Matrix; // n rows of heads · headSize
  readonly key: Matrix; // n rows of kvHeads · headSize
  readonly value: Matrix;
}

/** Causal attention, over the block's window where it has one, with rotary positions where it turns by them: n rows of heads · headSize. */
export function attention(a: Heads, rotary: RotaryTables, { query, key, value }: Projections, block: number): Matrix {
  const turn = (row: Vector, position: number): Vector =>
    (a.rotated?.[block] ?? true) ? rotate(a, rotary, row, position) : row;
  const window = a.windows?.[block] ?? Infinity;
  const turned = key.map(turn);
  return query.map((row, position) => {
    const [first, end] = [Math.max(0, position + 1 - window), position + 1];
    return attend(a, turn(row, position), turned.slice(first, end), value.slice(first, end));
  });
}

/** One position's heads, each against the keys and values of its group: softmax(scale · q·k) · v. */
function attend(a: Heads, query: Vector, keys: Matrix, values: Matrix): Vector {
  const result = new Float64Array(a.heads * a.headSize);
  const scale = a.attentionScale ?? 1 / Math.sqrt(a.headSize);
  for (let head = 0; head < a.heads; head++) {
    const group = Math.floor(head / (a.heads / a.kvHeads));
    const q = part(query, head, a.headSize);
    const weights = softmax(keys.map((key) => scale * dot(q, part(key, group, a.headSize))));
    values.forEach((value, i) =>
      part(value, group, a.headSize).forEach(
        (v, j) => (result[head * a.headSize + j] = (result[head * a.headSize + j] ?? 0) + (weights[i] ?? 0) * v),
      ),
    );
  }
  return result;
}

/** Turns the pairs (i, i + headSize/2) of every head by the position's angles. */
export function rotate(
  { headSize }: Pick<Heads, "headSize">,
  { columns, cosine, sine }: RotaryTables,
  x: Vector,
  position: number,
): Vector {
  return x.map((value, index) => {
    const i = index % headSize;
    const angle = position * columns + (i % columns);
    const partner = i < columns ? -(x[index + columns] ?? 0) : (x[index - columns] ?? 0);
    return value * (cosine[angle] ?? 1) + partner * (sine[angle] ?? 0);
  });
}

export const addRows = (x: Matrix, y: Matrix): Matrix =>
  x.map((row, i) => row.map((value, j) => value + (y[i]?.[j] ?? 0)));

function softmax(scores: readonly number[]): readonly number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

const part = (x: Vector, index: number, size: number): Vector => x.subarray(index * size, (index + 1) * size);

/** a · b, b from `from` on. */
function dot(a: Vector, b: Vector, from = 0): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[from + i] ?? 0);
  return sum;
}

function required(weight: Vector | null): Vector {
  if (weight === null)
    throw new Error("the architecture has no such weight: its tensor list and its reference disagree");
  return weight;
}
