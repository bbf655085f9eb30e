/**
 * The layers that families share, as expressions over weights as they are stored: how a stored type
 * becomes numbers is settled here and nowhere in a family. What varies between families is a flag or
 * an operand that is null. n positions of this step, d hidden size.
 */
import type { Weight, OperatorResult, Value } from "./graph.ts";
import {
  add,
  cast,
  gather,
  groupedQueryAttention,
  matMul,
  multiply,
  rmsNormalise,
  rotaryEmbedding,
  silu,
  transpose,
} from "./operators.ts";

/** A weight by its role, null where this architecture has none of it. */
export type Weights<Role extends string = string> = (role: Role) => Weight | null;

/** Rows of `table` [vocabulary, d] at token ids [1, n]: [1, n, d]. */
export const lookUp = (table: Weight | null, ids: Value): OperatorResult => gather(dense(table), ids, 0);

/** x · Wᵀ + b with W as stored, [out, in]; the runtime folds the cast and the transpose when it loads. */
export function linear(x: Value, weight: Weight | null, bias: Weight | null = null): OperatorResult {
  const product = matMul(x, transpose(dense(weight)));
  return bias === null ? product : add(product, dense(bias));
}

export const rmsNorm = (x: Value, scale: Weight | null, epsilon: number): OperatorResult =>
  rmsNormalise(x, dense(scale), epsilon);

/** down(silu(gate(x)) · up(x)) (Shazeer 2020, SwiGLU). */
export function gatedFeedForward(
  x: Value,
  w: Weights<"gate" | "up" | "down" | "gateBias" | "upBias" | "downBias">,
): OperatorResult {
  const gated = multiply(silu(linear(x, w("gate"), w("gateBias"))), linear(x, w("up"), w("upBias"))); // [1, n, intermediate]
  return linear(gated, w("down"), w("downBias"));
}

/** Where a step stands, the rotary tables, and a block's past. */
export interface BlockStep {
  readonly start: Value;
  readonly lastPosition: Value;
  readonly total: Value;
  readonly cosine: Value;
  readonly sine: Value;
  /** Null keeps no past. */
  readonly past: { readonly key: Value; readonly value: Value } | null;
  /** Gives the keys and values of this step alone, not the caches with them in. */
  readonly rowsOnly: boolean;
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

type Attended = Omit<BlockResult, "x"> & { readonly attended: OperatorResult };

/** Causal attention with rotary positions over the past and this step. */
export function attention(
  { heads, kvHeads }: { readonly heads: number; readonly kvHeads: number },
  projections: Projections,
  step: BlockStep,
): Attended {
  const { lastPosition, total, past } = step;
  const shared = { lastPosition, total, past, heads, kvHeads };
  if (!step.rowsOnly) {
    const [attended, keys, values] = groupedQueryAttention({ ...projections, ...shared, rotary: step });
    return { attended, keys, values };
  }
  // The rotation written out, so that the turned keys of this step are at hand.
  const turned = (x: Value, count: number): OperatorResult =>
    rotaryEmbedding(x, step.start, step.cosine, step.sine, count);
  const [query, key] = [turned(projections.query, heads), turned(projections.key, kvHeads)];
  const { value } = projections;
  const [attended] = groupedQueryAttention({ query, key, value, ...shared, rotary: null });
  return { attended, keys: key, values: value };
}

/** A weight as float32, whatever the file stores. */
function dense(weight: Weight | null): Value {
  if (weight === null) throw new Error("the architecture has no such weight: its tensor list and its graph disagree");
  return weight.type === "F32" ? weight : cast(weight, "F32");
}
