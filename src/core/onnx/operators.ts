/**
 * The operators our graphs are written with: one row each says how it is emitted, and below the table
 * each stands under the name the papers use. All of them run on onnxruntime's CPU, wasm and WebGPU
 * providers without falling back. Source: ONNX operators opset 17, onnxruntime contrib operators.
 */
import {
  float,
  int,
  int64Constant,
  ints,
  operation,
  shapeOf,
  TENSOR_TYPES,
  type Branch,
  type Operation,
  type OperatorResult,
  type Shape,
  type TensorType,
  type Value,
} from "./graph.ts";
import { f32x4 } from "../wasm/module.ts";
import * as row from "../wasm/row-operators.ts";
import { broadcast, chained, gathered, heads, permuted, product, reshaped } from "./shapes.ts";

/** Every operator, and what it is told besides its operands. */
interface OperatorSettings {
  readonly Add: NoSettings;
  readonly Sub: NoSettings;
  readonly Mul: NoSettings;
  readonly MatMul: NoSettings;
  readonly Sigmoid: NoSettings;
  readonly Shape: NoSettings;
  readonly Identity: NoSettings;
  readonly Reshape: { readonly lengths: readonly number[] };
  readonly Concat: { readonly axis: number };
  readonly Transpose: { readonly order: readonly number[] };
  readonly Cast: { readonly to: TensorType };
  readonly Gather: { readonly axis: number };
  readonly Slice: { readonly from: number; readonly to: number; readonly axis: number };
  readonly ReduceSum: NoSettings;
  readonly MatMulNBits: { readonly rows: number; readonly columns: number };
  readonly GatherBlockQuantized: NoSettings;
  readonly LayerNormalization: { readonly epsilon: number };
  readonly SimplifiedLayerNormalization: { readonly epsilon: number };
  readonly RotaryEmbedding: { readonly heads: number };
  readonly GroupQueryAttention: {
    readonly heads: number;
    readonly kvHeads: number;
    readonly rotary: boolean;
    readonly window: number | null;
    readonly scale: number | null;
  };
}
type NoSettings = Readonly<Record<never, never>>;

export type Operator = keyof OperatorSettings;

/** One operand's shape each, null where it is not known or the operand is left out. */
type Shapes = readonly (Shape | null)[];

/**
 * How an operator is emitted.
 *
 * Its derivative will be one more column, `vjp(call, cotangents)`: from a call's operands, settings
 * and results and the cotangents of its results, the cotangent of each operand, written with these
 * same operators. `emit` has the call in hand and binds the column into the operation, as it binds
 * `shapes` now. The table is mapped over all operators, so that a row without it does not compile.
 */
interface Row<Told> {
  readonly domain: Operation["domain"];
  readonly results: number;
  readonly attributes: (settings: Told) => Operation["attributes"];
  /** Of each result; null where only the run knows. */
  readonly shapes: (operands: Shapes, settings: Told) => Shapes;
  /** What it does where the positions are one; null, as unless a row says something else, is for graphs alone. */
  readonly row: row.RowOperator | null;
}

const ONNX = { domain: "", results: 1, attributes: () => ({}), row: null } as const;
const CONTRIBUTED = { domain: "com.microsoft", results: 1, row: null } as const;
const likeFirst = ([x = null]: Shapes): Shapes => [x];
const likeBoth = ([x = null, y = null]: Shapes): Shapes => [broadcast(x, y)];

export const OPERATORS: { readonly [O in Operator]: Row<OperatorSettings[O]> } = {
  Add: { ...ONNX, shapes: likeBoth, row: row.elementwise(f32x4.add) },
  Sub: { ...ONNX, shapes: likeBoth, row: row.elementwise(f32x4.subtract) },
  Mul: { ...ONNX, shapes: likeBoth, row: row.elementwise(f32x4.multiply) },
  MatMul: { ...ONNX, shapes: ([x = null, y = null]) => [product(x, y)], row: row.product },
  Sigmoid: { ...ONNX, shapes: likeFirst, row: row.sigmoid },
  Shape: { ...ONNX, shapes: ([x = null]) => [x && [x.length]] },
  Identity: { ...ONNX, shapes: likeFirst, row: row.same },
  Reshape: { ...ONNX, shapes: ([x = null], { lengths }) => [reshaped(x, lengths)], row: row.reshaped },
  Concat: {
    ...ONNX,
    attributes: ({ axis }) => ({ axis: int(axis) }),
    shapes: (parts, { axis }) => [chained(parts, axis)],
    row: row.joined,
  },
  Transpose: {
    ...ONNX,
    attributes: ({ order }) => ({ perm: ints(order) }),
    shapes: ([x = null], { order }) => [permuted(x, order)],
    row: row.transposed,
  },
  Cast: { ...ONNX, attributes: ({ to }) => ({ to: int(TENSOR_TYPES[to]) }), shapes: likeFirst, row: row.cast },
  Gather: {
    ...ONNX,
    attributes: ({ axis }) => ({ axis: int(axis) }),
    shapes: ([table = null, indices = null], { axis }) => [gathered(table, indices, axis)],
    row: row.lookUp,
  },
  Slice: {
    ...ONNX,
    shapes: ([x = null], { from, to, axis }) => [x && x.with(axis, to - from)],
    row: row.sliced,
  },
  ReduceSum: {
    ...ONNX,
    attributes: () => ({ keepdims: int(0) }),
    shapes: ([x = null]) => [x && x.slice(0, -1)],
  },
  MatMulNBits: {
    ...CONTRIBUTED,
    attributes: ({ rows, columns }) => ({
      K: int(columns),
      N: int(rows),
      bits: int(4),
      block_size: int(32),
      accuracy_level: int(0), // float32 activations
    }),
    shapes: ([x = null], { rows }) => [x && x.with(-1, rows)],
  },
  GatherBlockQuantized: {
    ...CONTRIBUTED,
    attributes: () => ({ gather_axis: int(0), quantize_axis: int(1), block_size: int(32), bits: int(4) }),
    shapes: ([table = null, ids = null]) => {
      const bytes = table?.[1];
      return [ids !== null && typeof bytes === "number" ? [...ids, 2 * bytes] : null];
    },
  },
  LayerNormalization: {
    ...ONNX,
    attributes: ({ epsilon }) => ({ axis: int(-1), epsilon: float(epsilon) }),
    shapes: likeFirst,
    row: (call) => row.normed(call, true),
  },
  SimplifiedLayerNormalization: {
    ...ONNX,
    attributes: ({ epsilon }) => ({ axis: int(-1), epsilon: float(epsilon), stash_type: int(1) }),
    shapes: likeFirst,
    row: (call) => row.normed(call, false),
  },
  RotaryEmbedding: {
    ...CONTRIBUTED,
    attributes: ({ heads }) => ({ num_heads: int(heads), interleaved: int(0) }),
    shapes: likeFirst,
    row: row.turned,
  },
  GroupQueryAttention: {
    ...CONTRIBUTED,
    results: 3,
    attributes: ({ heads, kvHeads, rotary, window, scale }) => ({
      num_heads: int(heads),
      kv_num_heads: int(kvHeads),
      do_rotary: int(rotary ? 1 : 0),
      rotary_interleaved: int(0),
      ...(window === null ? {} : { local_window_size: int(window) }),
      ...(scale === null ? {} : { scale: float(scale) }),
    }),
    shapes: ([query = null, key = null, , past = null], { kvHeads }) => {
      const present = past === null ? heads(key, kvHeads) : null; // how far a past has grown is for the run to say
      return [query, present, present];
    },
  },
};

/** All results of one operator on its operands. */
function emitAll<O extends Operator>(
  op: O,
  operands: readonly (Value | null)[],
  settings: OperatorSettings[O],
): readonly OperatorResult[] {
  const row: Row<OperatorSettings[O]> = OPERATORS[op];
  return operation(op, operands, {
    domain: row.domain,
    attributes: row.attributes(settings),
    shapes: row.shapes(operands.map(shapeOf), settings),
    outputs: row.results,
  });
}

/** The only result of one, or its first. */
function emit<O extends Operator>(
  op: O,
  operands: readonly (Value | null)[],
  settings: OperatorSettings[O],
): OperatorResult {
  const [first] = emitAll(op, operands, settings);
  if (first === undefined) throw new Error(`${op} has no results`);
  return first;
}

export const add = (a: Value, b: Value): OperatorResult => emit("Add", [a, b], {});
export const subtract = (a: Value, b: Value): OperatorResult => emit("Sub", [a, b], {});
export const multiply = (a: Value, b: Value): OperatorResult => emit("Mul", [a, b], {});
export const matMul = (a: Value, b: Value): OperatorResult => emit("MatMul", [a, b], {});
export const sigmoid = (x: Value): OperatorResult => emit("Sigmoid", [x], {});
export const transpose = (matrix: Value): OperatorResult => emit("Transpose", [matrix], { order: [1, 0] });
export const cast = (value: Value, to: TensorType): OperatorResult => emit("Cast", [value], { to });

/** The lengths of x's axes, int64. */
export const shapeVector = (x: Value): OperatorResult => emit("Shape", [x], {});

/** x with axes of these lengths: 0 keeps the axis in that place, -1 takes what is left. */
export const reshape = (x: Value, lengths: readonly number[]): OperatorResult =>
  emit("Reshape", [x, int64Constant(lengths)], { lengths });

/** One behind the other along `axis`. */
export const concat = (parts: readonly Value[], axis: number): OperatorResult => emit("Concat", parts, { axis });
export const identity = (x: Value): OperatorResult => emit("Identity", [x], {});

/**
 * What `then` computes where `condition` holds, else `otherwise`: as many outputs each. Only one of them is run.
 * No row of the table: it is told graphs, and a derivative would be the chosen branch's.
 */
export function choose(condition: Value, then: Branch, otherwise: Branch): readonly OperatorResult[] {
  const attributes = {
    then_branch: { kind: "branch", branch: then },
    else_branch: { kind: "branch", branch: otherwise },
  } as const;
  return operation("If", [condition], { outputs: then.outputs.length, attributes });
}

/** silu(x) = x · sigmoid(x) (Elfwing et al. 2018). */
export const silu = (x: Value): OperatorResult => multiply(x, sigmoid(x));

/** Rows of `table` along `axis` at `indices`. */
export const gather = (table: Value, indices: Value, axis: number): OperatorResult =>
  emit("Gather", [table, indices], { axis });

/** What lies at [from, to) of an axis, counted from the front. */
export const slice = (x: Value, from: number, to: number, axis: number): OperatorResult =>
  emit("Slice", [x, int64Constant([from]), int64Constant([to]), int64Constant([axis])], { from, to, axis });

/** Over the last axis, which goes. */
export const sum = (x: Value): OperatorResult => emit("ReduceSum", [x, int64Constant([-1])], {});

/** x · Wᵀ with W in blocks of 32: codes uint8 [rows, blocks, 16], two a byte, and scales float32 [rows, blocks]; W = scale · (code - 8). */
export function matMulBlocks(x: Value, codes: Value, scales: Value): OperatorResult {
  const [rows, blocks] = shapeOf(codes) ?? [];
  if (typeof rows !== "number" || typeof blocks !== "number") throw new Error("a matrix has a fixed shape");
  return emit("MatMulNBits", [x, codes, scales], { rows, columns: 32 * blocks });
}

/** Rows of such a matrix at `ids`: of a table uint8 [rows, columns / 2]. */
export const gatherBlocks = (table: Value, ids: Value, scales: Value): OperatorResult =>
  emit("GatherBlockQuantized", [table, ids, scales], {});

/** (x - mean(x)) / deviation(x) · scale + bias over the last axis (Ba et al. 2016). */
export const layerNormalise = (x: Value, scale: Value, bias: Value, epsilon: number): OperatorResult =>
  emit("LayerNormalization", [x, scale, bias], { epsilon });

/** x / rms(x) · scale over the last axis (Zhang and Sennrich 2019). */
export const rmsNormalise = (x: Value, scale: Value, epsilon: number): OperatorResult =>
  emit("SimplifiedLayerNormalization", [x, scale], { epsilon });

/** Rotary position embedding alone: x [1, n, heads · headSize] turned by the angles of positions `start` (int64 [1]) onwards. */
export const rotaryEmbedding = (x: Value, start: Value, cosine: Value, sine: Value, heads: number): OperatorResult =>
  emit("RotaryEmbedding", [x, start, cosine, sine], { heads });

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
  /** How many positions each attends to, its own among them; null for all before it. */
  readonly window: number | null;
  /** What a query times a key is multiplied by; null for 1 / √headSize. */
  readonly scale: number | null;
}

/**
 * Causal grouped-query attention (Ainslie et al. 2023) with rotary position embedding (Su et al. 2021)
 * in half-rotated layout: [attended [1, n, heads · headSize], keys, values], the caches updated at
 * this step's positions.
 */
export function groupedQueryAttention(a: AttentionInputs): readonly [OperatorResult, OperatorResult, OperatorResult] {
  const { query, key, value, past, lastPosition, total, rotary, heads, kvHeads, window, scale } = a;
  const caches = [past?.key ?? null, past?.value ?? null];
  const tables = [rotary?.cosine ?? null, rotary?.sine ?? null];
  const [attended, keys, values] = emitAll(
    "GroupQueryAttention",
    [query, key, value, ...caches, lastPosition, total, ...tables],
    { heads, kvHeads, rotary: rotary !== null, window, scale },
  );
  if (attended === undefined || keys === undefined || values === undefined)
    throw new Error("an operation has as many results as it declares");
  return [attended, keys, values];
}
