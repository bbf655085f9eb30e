/**
 * The layers that families share, as expressions over weights as they are stored: how a stored type
 * becomes numbers is settled here and nowhere in a family. What varies between families is a flag or
 * an operand that is null. n positions of this step, d hidden size.
 */
import type { Architecture } from "../model/architecture.ts";
import { float32Constant, type Weight, type OperatorResult, type Value } from "./graph.ts";
import {
  add,
  cast,
  gather,
  groupedQueryAttention,
  layerNormalise,
  matMul,
  multiply,
  reshape,
  rmsNormalise,
  rotaryEmbedding,
  sigmoid,
  silu,
  transpose,
} from "./operators.ts";

/** A weight by its role, null where this architecture has none of it. */
export type Weights<Role extends string = string> = (role: Role) => Weight | null;

/** Rows of `table` [vocabulary, d] at token ids [1, n]: [1, n, d]. */
export const lookUp = (table: Weight | null, ids: Value): OperatorResult =>
  table?.blocks === undefined ? gather(dense(table), ids, 0) : table.blocks.lookUp(ids);

/** x · Wᵀ + b with W as stored, [out, in]; the runtime folds the cast and the transpose when it loads. */
export function linear(x: Value, weight: Weight | null, bias: Weight | null = null): OperatorResult {
  const product = weight?.blocks === undefined ? matMul(x, transpose(dense(weight))) : weight.blocks.product(x);
  return bias === null ? product : add(product, dense(bias));
}

/** x · W + b with W stored as [in, out]. */
export const linearInOut = (x: Value, weight: Weight | null, bias: Weight | null): OperatorResult =>
  add(matMul(x, dense(weight)), dense(bias));

export const layerNorm = (x: Value, scale: Weight | null, bias: Weight | null, epsilon: number): OperatorResult =>
  layerNormalise(x, dense(scale), dense(bias), epsilon);

/** Scaled by the weight and an offset, for weights that are stored as their distance from it. */
export const rmsNorm = (x: Value, scale: Weight | null, epsilon: number, offset = 0): OperatorResult =>
  rmsNormalise(x, offset === 0 ? dense(scale) : add(dense(scale), float32Constant(offset)), epsilon);

/** Each head's part of x [1, n, heads · headSize] normed by itself; x where there is no such norm. */
export function headNorm(
  x: OperatorResult,
  scale: Weight | null,
  { headSize, normEpsilon }: Pick<Architecture, "headSize" | "normEpsilon">,
  offset = 0,
): OperatorResult {
  if (scale === null) return x;
  const byHead = reshape(x, [0, 0, -1, headSize]); // [1, n, heads, headSize]
  return reshape(rmsNorm(byHead, scale, normEpsilon, offset), [0, 0, -1]);
}

/** down(activation(gate(x)) · up(x)) (Shazeer 2020): SwiGLU, or GeGLU with `gelu`. */
export function gatedFeedForward(
  x: Value,
  w: Weights<"gate" | "up" | "down" | "gateBias" | "upBias" | "downBias">,
  activation: (x: Value) => OperatorResult = silu,
): OperatorResult {
  const gated = multiply(activation(linear(x, w("gate"), w("gateBias"))), linear(x, w("up"), w("upBias"))); // [1, n, intermediate]
  return linear(gated, w("down"), w("downBias"));
}

/**
 * x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2, which is x · sigmoid of twice the tanh's argument.
 * Source: Hendrycks and Gimpel 2016 (GELU), section 2.
 */
export function gelu(x: Value): OperatorResult {
  const bent = add(x, multiply(float32Constant(0.044715), multiply(x, multiply(x, x))));
  return multiply(x, sigmoid(multiply(float32Constant(2 * Math.sqrt(2 / Math.PI)), bent)));
}

/** Where a step stands, which block it is, the rotary tables, and the block's past. */
export interface BlockStep {
  readonly block: number;
  readonly start: Value;
  readonly lastPosition: Value;
  readonly total: Value;
  readonly cosine: Value;
  readonly sine: Value;
  /** Null keeps no past. */
  readonly past: { readonly key: Value; readonly value: Value } | null;
  /** Gives the keys and values of this step alone, not the caches with them in. */
  readonly rowsOnly: boolean;
  /** What stands in for attention where that is outside the graph, which is told the turned projections. */
  readonly outside?: (projections: Projections) => Value;
}

export interface BlockResult {
  readonly x: OperatorResult;
  /** The caches with this step in them, or this step's rows alone. */
  readonly keys: OperatorResult;
  readonly values: OperatorResult;
}

export interface Projections {
  readonly query: OperatorResult; // [1, n, heads · headSize]
  readonly key: OperatorResult; // [1, n, kvHeads · headSize]
  readonly value: OperatorResult;
}

type Attended = Omit<BlockResult, "x"> & { readonly attended: Value };

/** Causal attention over the past and this step, or the window that the block has, with rotary positions where it turns by them. */
export function attention(
  {
    heads,
    kvHeads,
    windows,
    rotated,
    attentionScale,
  }: Pick<Architecture, "heads" | "kvHeads" | "windows" | "rotated" | "attentionScale">,
  projections: Projections,
  step: BlockStep,
): Attended {
  const { lastPosition, total, past } = step;
  const turns = rotated?.[step.block] ?? true;
  const shared = {
    lastPosition,
    total,
    past,
    heads,
    kvHeads,
    window: windows?.[step.block] ?? null,
    scale: attentionScale ?? null,
  };
  if (!step.rowsOnly) {
    const rotary = turns ? step : null;
    const [attended, keys, values] = groupedQueryAttention({ ...projections, ...shared, rotary });
    return { attended, keys, values };
  }
  // The rotation written out, so that the turned keys of this step are at hand.
  const turned = (x: Value, count: number): OperatorResult =>
    rotaryEmbedding(x, step.start, step.cosine, step.sine, count);
  const { value } = projections;
  const query = turns ? turned(projections.query, heads) : projections.query;
  const key = turns ? turned(projections.key, kvHeads) : projections.key;
  if (step.outside !== undefined) return { attended: step.outside({ query, key, value }), keys: key, values: value };
  const [attended] = groupedQueryAttention({ query, key, value, ...shared, rotary: null });
  return { attended, keys: key, values: value };
}

/** Rows [from, to) of a matrix, where they lie in it. */
export function rowsOf(matrix: Weight, from: number, to: number): Weight {
  const [rows = 1, ...others] = matrix.shape;
  const { blocks } = matrix;
  const rowBytes = matrix.bytes / rows;
  return {
    ...matrix,
    name: `${matrix.name}[${from}:${to}]`,
    shape: [to - from, ...others],
    offset: matrix.offset + from * rowBytes,
    bytes: (to - from) * rowBytes,
    ...(blocks === undefined ? {} : { blocks: blocks.rows(from, to) }),
  };
}

/** A weight as float32, whatever the file stores but blocks. */
function dense(weight: Weight | null): Value {
  if (weight?.blocks !== undefined) throw new Error(`${weight.name} is in blocks where only numbers are read`);
  if (weight === null) throw new Error("the architecture has no such weight: its tensor list and its graph disagree");
  return weight.type === "F32" ? weight : cast(weight, "F32");
}
