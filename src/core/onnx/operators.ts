/**
 * The operators our graphs are written with, each under the name the papers use.
 * All of them run on onnxruntime's CPU, wasm and WebGPU providers without falling back.
 */
import {
  apply,
  float,
  int,
  ints,
  operation,
  TENSOR_TYPES,
  type Branch,
  type Result,
  type TensorType,
  type Value,
} from "./graph.ts";

export const add = (a: Value, b: Value): Result => apply("Add", [a, b]);
export const multiply = (a: Value, b: Value): Result => apply("Mul", [a, b]);
export const matMul = (a: Value, b: Value): Result => apply("MatMul", [a, b]);
export const transpose = (matrix: Value): Result => apply("Transpose", [matrix], { perm: ints([1, 0]) });
export const cast = (value: Value, to: TensorType): Result => apply("Cast", [value], { to: int(TENSOR_TYPES[to]) });

export const concat = (parts: readonly Value[], axis: number): Result => apply("Concat", parts, { axis: int(axis) });
export const identity = (x: Value): Result => apply("Identity", [x]);

/** What `then` computes where `condition` holds, else `otherwise`: as many outputs each. Only one of them is run. */
export function choose(condition: Value, then: Branch, otherwise: Branch): readonly Result[] {
  const attributes = {
    then_branch: { kind: "branch", branch: then },
    else_branch: { kind: "branch", branch: otherwise },
  } as const;
  return operation("If", [condition], { outputs: then.outputs.length, attributes });
}

/** silu(x) = x · sigmoid(x) (Elfwing et al. 2018). */
export const silu = (x: Value): Result => multiply(x, apply("Sigmoid", [x]));

/** Rows of `table` along `axis` at `indices`. */
export const gather = (table: Value, indices: Value, axis: number): Result =>
  apply("Gather", [table, indices], { axis: int(axis) });

/** x / rms(x) · scale over the last axis (Zhang and Sennrich 2019). */
export const rmsNorm = (x: Value, scale: Value, epsilon: number): Result =>
  apply("SimplifiedLayerNormalization", [x, scale], { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) });

export interface AttentionInputs {
  readonly query: Value; // [1, n, heads · headSize]
  readonly key: Value; // [1, n, kvHeads · headSize]
  readonly value: Value; // [1, n, kvHeads · headSize]
  /** Null keeps no past: the keys and values of this step are all there is. */
  readonly past: { readonly key: Value; readonly value: Value } | null; // [1, kvHeads, capacity, headSize]
  readonly lastPosition: Value; // int32 [1]: position of the step's last token
  readonly total: Value; // int32 [1]: positions attended to, past and present
  /** Null for queries and keys that are turned already. */
  readonly rotary: { readonly cosine: Value; readonly sine: Value } | null; // [context, headSize / 2] each
  readonly heads: number;
  readonly kvHeads: number;
}

/** Rotary position embedding alone: x [1, n, heads · headSize] turned by the angles of positions `start` (int64 [1]) onwards. */
export function rotaryEmbedding(x: Value, start: Value, cosine: Value, sine: Value, heads: number): Result {
  return apply(
    "RotaryEmbedding",
    [x, start, cosine, sine],
    { num_heads: int(heads), interleaved: int(0) },
    "com.microsoft",
  );
}

/**
 * Causal grouped-query attention (Ainslie et al. 2023) with rotary position embedding (Su et al. 2021)
 * in half-rotated layout: [attended [1, n, heads · headSize], keys, values], the caches updated at
 * this step's positions.
 */
export function groupedQueryAttention(a: AttentionInputs): readonly [Result, Result, Result] {
  const inputs = [
    a.query,
    a.key,
    a.value,
    a.past?.key ?? null,
    a.past?.value ?? null,
    a.lastPosition,
    a.total,
    a.rotary?.cosine ?? null,
    a.rotary?.sine ?? null,
  ];
  const attributes = {
    num_heads: int(a.heads),
    kv_num_heads: int(a.kvHeads),
    do_rotary: int(a.rotary === null ? 0 : 1),
    rotary_interleaved: int(0),
  };
  const [attended, keys, values] = operation("GroupQueryAttention", inputs, {
    domain: "com.microsoft",
    outputs: 3,
    attributes,
  });
  if (attended === undefined || keys === undefined || values === undefined)
    throw new Error("an operation has as many results as it declares");
  return [attended, keys, values];
}
