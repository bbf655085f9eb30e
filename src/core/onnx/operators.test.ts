/**
 * Every operator against plain JavaScript, through onnxruntime-node: each row of the table has at
 * least one case, or this file does not compile. What the row says of shapes is held against what
 * the runtime gives.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { attention, layerNorm, rotate } from "../reference/layers.ts";
import { encodeModel, input, shapeOf, type OperatorResult, type TensorType, type Value } from "./graph.ts";
import {
  add,
  cast,
  concat,
  gather,
  groupedQueryAttention,
  identity,
  matMul,
  layerNormalise,
  gatherBlocks,
  matMulBlocks,
  sum,
  multiply,
  OPERATORS,
  reshape,
  rmsNormalise,
  rotaryEmbedding,
  shapeVector,
  sigmoid,
  slice,
  subtract,
  transpose,
  type Operator,
} from "./operators.ts";

interface Operand {
  readonly type: "F32" | "I32" | "I64" | "U8";
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

interface Expected {
  readonly type?: TensorType;
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

interface Case {
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly expression: (...operands: readonly Value[]) => readonly OperatorResult[];
  readonly expected: readonly Expected[];
}

const f32 = (values: readonly number[], ...shape: number[]): Operand => ({ type: "F32", values, shape });
const i32 = (values: readonly number[], ...shape: number[]): Operand => ({ type: "I32", values, shape });
const i64 = (values: readonly number[], ...shape: number[]): Operand => ({ type: "I64", values, shape });

const u8 = (values: readonly number[], ...shape: number[]): Operand => ({ type: "U8", values, shape });

const A = f32([1, -2, 3, 0.5, 4, -6], 2, 3);
const ROW = f32([10, 20, -30], 3);
const SCALAR = f32([2], 1);

const binary = (
  name: string,
  expression: (a: Value, b: Value) => OperatorResult,
  one: Operand,
  other: Operand,
  of: (a: number, b: number) => number,
): Case => ({
  name,
  operands: [one, other],
  expression: (...[a, b]) => [expression(given(a), given(b))],
  expected: [
    {
      values: one.values.map((value, i) => of(value, other.values[i % other.values.length] ?? 0)),
      shape: one.shape,
    },
  ],
});

/** n rows of `width` numbers between -1 and 1, the same each time. */
const waves = (n: number, width: number, phase: number): readonly Float64Array[] =>
  Array.from({ length: n }, (_, row) =>
    Float64Array.from({ length: width }, (__, column) => Math.fround(Math.sin(phase + 1.7 * row + 0.9 * column))),
  );
const flat = (rows: readonly Float64Array[]): readonly number[] => rows.flatMap((row) => [...row]);
/** [n, count · size] to [count, n, size]. */
const byHead = (rows: readonly Float64Array[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, head) =>
    rows.flatMap((row) => [...row.subarray((head * row.length) / count, ((head + 1) * row.length) / count)]),
  ).flat();

/** A matrix of 2 rows of 64 numbers: two codes a byte, the lower half first. */
const CODES = Array.from({ length: 64 }, (_, i) => (37 * i + 11) % 256);
const SCALES = [0.125, -0.0625, 0.25, 0.03125];
const inBlocks = (row: number, column: number): number => {
  const pair = CODES[32 * row + (column >> 1)] ?? 0;
  return (SCALES[2 * row + (column >> 5)] ?? 0) * ((column % 2 === 0 ? pair & 15 : pair >> 4) - 8);
};
const BLOCK_ROWS = waves(3, 64, 0.4);

const HEADS = { heads: 4, kvHeads: 2, headSize: 16 };
const WIDTH = HEADS.heads * HEADS.headSize;
const KV_WIDTH = HEADS.kvHeads * HEADS.headSize;
const COLUMNS = HEADS.headSize / 2;
const CONTEXT = 8;
const angles = Array.from({ length: CONTEXT * COLUMNS }, (_, i) => Math.floor(i / COLUMNS) / 10 ** (i % COLUMNS));
const TABLES = {
  rows: CONTEXT,
  columns: COLUMNS,
  cosine: Float32Array.from(angles, Math.cos),
  sine: Float32Array.from(angles, Math.sin),
};
const cosine = f32([...TABLES.cosine], CONTEXT, COLUMNS);
const sine = f32([...TABLES.sine], CONTEXT, COLUMNS);

const QUERY = waves(3, WIDTH, 0.1);
const KEY = waves(3, KV_WIDTH, 0.7);
const VALUE = waves(3, KV_WIDTH, 1.3);
const turned = KEY.map((row, position) => rotate(HEADS, TABLES, row, position));
const projections = [f32(flat(QUERY), 1, 3, WIDTH), f32(flat(KEY), 1, 3, KV_WIDTH), f32(flat(VALUE), 1, 3, KV_WIDTH)];

/** Three positions at once, without a past: keys come back turned, by heads. */
const prefill: Case = {
  name: "three positions without a past",
  operands: [...projections, i32([2], 1), i32([3], 1), cosine, sine],
  expression: (...[query, key, value, lastPosition, total, cos, sin]) =>
    groupedQueryAttention({
      query: given(query),
      key: given(key),
      value: given(value),
      past: null,
      lastPosition: given(lastPosition),
      total: given(total),
      rotary: { cosine: given(cos), sine: given(sin) },
      heads: HEADS.heads,
      kvHeads: HEADS.kvHeads,
      window: null,
      scale: null,
    }),
  expected: [
    { values: flat(attention(HEADS, TABLES, { query: QUERY, key: KEY, value: VALUE }, 0)), shape: [1, 3, WIDTH] },
    { values: byHead(turned, HEADS.kvHeads), shape: [1, HEADS.kvHeads, 3, HEADS.headSize] },
    { values: byHead(VALUE, HEADS.kvHeads), shape: [1, HEADS.kvHeads, 3, HEADS.headSize] },
  ],
};

/** The third position alone over a past of two, already turned: what the prefill said of it. */
const decode: Case = {
  name: "one position over a past of two",
  operands: [
    f32(flat([rotate(HEADS, TABLES, QUERY[2] ?? new Float64Array(), 2)]), 1, 1, WIDTH),
    f32(flat(turned.slice(2)), 1, 1, KV_WIDTH),
    f32(flat(VALUE.slice(2)), 1, 1, KV_WIDTH),
    f32(byHead(turned.slice(0, 2), HEADS.kvHeads), 1, HEADS.kvHeads, 2, HEADS.headSize),
    f32(byHead(VALUE.slice(0, 2), HEADS.kvHeads), 1, HEADS.kvHeads, 2, HEADS.headSize),
    i32([2], 1),
    i32([3], 1),
  ],
  expression: (...[query, key, value, pastKey, pastValue, lastPosition, total]) =>
    groupedQueryAttention({
      query: given(query),
      key: given(key),
      value: given(value),
      past: { key: given(pastKey), value: given(pastValue) },
      lastPosition: given(lastPosition),
      total: given(total),
      rotary: null,
      heads: HEADS.heads,
      kvHeads: HEADS.kvHeads,
      window: null,
      scale: null,
    }),
  expected: [
    {
      values: flat(attention(HEADS, TABLES, { query: QUERY, key: KEY, value: VALUE }, 0).slice(2)),
      shape: [1, 1, WIDTH],
    },
    ...(prefill.expected.slice(1) satisfies readonly Expected[]),
  ],
};

const CASES: { readonly [O in Operator]: readonly [Case, ...Case[]] } = {
  Add: [
    binary("of two matrices", add, A, A, (a, b) => a + b),
    binary("a row to each row", add, A, ROW, (a, b) => a + b),
    binary("one number to each", add, A, SCALAR, (a, b) => a + b),
  ],
  Sub: [binary("a row from each row", subtract, A, ROW, (a, b) => a - b)],
  Mul: [binary("each row by a row", multiply, A, ROW, (a, b) => a * b)],
  MatMul: [
    {
      name: "of a matrix and a matrix",
      operands: [A, f32([1, 0, 2, 1, 0, -1], 3, 2)],
      expression: (...[a, b]) => [matMul(given(a), given(b))],
      expected: [{ values: [-3, -5, 8.5, 10], shape: [2, 2] }],
    },
    {
      name: "of a batch and one matrix",
      operands: [f32([1, 2, 3, 4], 2, 1, 2), f32([1, 10, 100, 1000], 2, 2)],
      expression: (...[a, b]) => [matMul(given(a), given(b))],
      expected: [{ values: [201, 2010, 403, 4030], shape: [2, 1, 2] }],
    },
  ],
  Sigmoid: [
    {
      name: "of each number",
      operands: [A],
      expression: (...[x]) => [sigmoid(given(x))],
      expected: [{ values: A.values.map((x) => 1 / (1 + Math.exp(-x))), shape: [2, 3] }],
    },
  ],
  Shape: [
    {
      name: "is the lengths of the axes",
      operands: [A],
      expression: (...[x]) => [shapeVector(given(x))],
      expected: [{ type: "I64", values: [2, 3], shape: [2] }],
    },
  ],
  Identity: [
    {
      name: "changes nothing",
      operands: [A],
      expression: (...[x]) => [identity(given(x))],
      expected: [{ values: A.values, shape: [2, 3] }],
    },
  ],
  Reshape: [
    {
      name: "keeps an axis, splits the other",
      operands: [f32([1, 2, 3, 4, 5, 6, 7, 8], 2, 4)],
      expression: (...[x]) => [reshape(given(x), [0, -1, 2])],
      expected: [{ values: [1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 2, 2] }],
    },
    {
      name: "and joins it again",
      operands: [f32([1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2)],
      expression: (...[x]) => [reshape(given(x), [0, -1])],
      expected: [{ values: [1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 4] }],
    },
  ],
  Slice: [
    {
      name: "of the last axis",
      operands: [A],
      expression: (...[x]) => [slice(given(x), 1, 3, 1)],
      expected: [{ values: [-2, 3, 4, -6], shape: [2, 2] }],
    },
  ],
  ReduceSum: [
    {
      name: "over the last axis",
      operands: [A],
      expression: (...[x]) => [sum(given(x))],
      expected: [{ values: [2, -1.5], shape: [2] }],
    },
  ],
  MatMulNBits: [
    {
      name: "of rows and a matrix in blocks",
      operands: [f32(flat(BLOCK_ROWS), 1, 3, 64), u8(CODES, 2, 2, 16), f32(SCALES, 2, 2)],
      expression: (...[x, codes, scales]) => [matMulBlocks(given(x), given(codes), given(scales))],
      expected: [
        {
          values: BLOCK_ROWS.flatMap((row) =>
            [0, 1].map((of) => row.reduce((all, x, column) => all + x * inBlocks(of, column), 0)),
          ),
          shape: [1, 3, 2],
        },
      ],
    },
  ],
  GatherBlockQuantized: [
    {
      name: "rows of a table in blocks",
      operands: [u8(CODES, 2, 32), i32([1, 0, 1], 1, 3), f32(SCALES, 2, 2)],
      expression: (...[table, ids, scales]) => [gatherBlocks(given(table), given(ids), given(scales))],
      expected: [
        {
          values: [1, 0, 1].flatMap((of) => Array.from({ length: 64 }, (_, column) => inBlocks(of, column))),
          shape: [1, 3, 64],
        },
      ],
    },
  ],
  LayerNormalization: [
    {
      name: "(x - mean) / deviation · scale + bias",
      operands: [A, ROW, f32([1, 2, 3], 3)],
      expression: (...[x, scale, bias]) => [layerNormalise(given(x), given(scale), given(bias), 0.5)],
      expected: [
        {
          values: [0, 3].flatMap((at) => [
            ...layerNorm(
              Float64Array.from(A.values.slice(at, at + 3)),
              Float64Array.from(ROW.values),
              Float64Array.of(1, 2, 3),
              0.5,
            ),
          ]),
          shape: [2, 3],
        },
      ],
    },
  ],
  Concat: [
    {
      name: "along the last axis",
      operands: [A, f32([7, 8], 2, 1)],
      expression: (...[x, y]) => [concat([given(x), given(y)], -1)],
      expected: [{ values: [1, -2, 3, 7, 0.5, 4, -6, 8], shape: [2, 4] }],
    },
    {
      name: "along the first, nothing among the parts",
      operands: [ROW, f32([], 0), SCALAR],
      expression: (...[x, y, z]) => [concat([given(x), given(y), given(z)], 0)],
      expected: [{ values: [10, 20, -30, 2], shape: [4] }],
    },
  ],
  Transpose: [
    {
      name: "of a matrix",
      operands: [A],
      expression: (...[x]) => [transpose(given(x))],
      expected: [{ values: [1, 0.5, -2, 4, 3, -6], shape: [3, 2] }],
    },
  ],
  Cast: [
    {
      name: "whole numbers to float32",
      operands: [i32([1, -2], 2)],
      expression: (...[x]) => [cast(given(x), "F32")],
      expected: [{ values: [1, -2], shape: [2] }],
    },
    {
      name: "float32 to float16 and back loses what float16 has no bits for",
      operands: [f32([1 + 2 ** -10, 1 + 2 ** -12], 2)],
      expression: (...[x]) => [cast(cast(given(x), "F16"), "F32")],
      expected: [{ values: [1 + 2 ** -10, 1], shape: [2] }],
    },
  ],
  Gather: [
    {
      name: "rows of a table",
      operands: [A, i32([1, 0, 1], 1, 3)],
      expression: (...[table, ids]) => [gather(given(table), given(ids), 0)],
      expected: [{ values: [0.5, 4, -6, 1, -2, 3, 0.5, 4, -6], shape: [1, 3, 3] }],
    },
    {
      name: "from behind along another axis",
      operands: [A, i64([-1], 1)],
      expression: (...[x, ids]) => [gather(given(x), given(ids), 1)],
      expected: [{ values: [3, -6], shape: [2, 1] }],
    },
  ],
  SimplifiedLayerNormalization: [
    {
      name: "x / rms(x) · scale",
      operands: [A, ROW],
      expression: (...[x, scale]) => [rmsNormalise(given(x), given(scale), 0.5)],
      expected: [
        {
          values: A.values.map((value, i) => {
            const row = A.values.slice(i - (i % 3), i - (i % 3) + 3);
            return (value / Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / 3 + 0.5)) * (ROW.values[i % 3] ?? 0);
          }),
          shape: [2, 3],
        },
      ],
    },
  ],
  RotaryEmbedding: [
    {
      name: "turns positions from the start onwards",
      operands: [f32(flat(QUERY), 1, 3, WIDTH), i64([4], 1), cosine, sine],
      expression: (...[x, start, cos, sin]) => [
        rotaryEmbedding(given(x), given(start), given(cos), given(sin), HEADS.heads),
      ],
      expected: [{ values: flat(QUERY.map((row, i) => rotate(HEADS, TABLES, row, 4 + i))), shape: [1, 3, WIDTH] }],
    },
  ],
  GroupQueryAttention: [prefill, decode],
};

/** An operand that the case lists. */
function given(value: Value | undefined): Value {
  return value ?? expect.fail("a case with too few operands");
}

const tensorOf = ({ type, values, shape }: Operand): Tensor => {
  switch (type) {
    case "F32":
      return new Tensor("float32", Float32Array.from(values), shape);
    case "I32":
      return new Tensor("int32", Int32Array.from(values), shape);
    case "U8":
      return new Tensor("uint8", Uint8Array.from(values), shape);
    case "I64":
      return new Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  }
};

async function expectCase({ operands, expression, expected }: Case): Promise<void> {
  const values = operands.map(({ type, shape }, i) => input(`x${i}`, type, shape));
  const results = expression(...values);
  const outputs = results.map((value, i) => ({
    name: `y${i}`,
    value,
    type: expected[i]?.type ?? ("F32" as const),
    shape: expected[i]?.shape ?? [],
  }));
  const session = await InferenceSession.create(encodeModel("case", outputs), { logSeverityLevel: 3 });
  const ran = await session.run(Object.fromEntries(operands.map((operand, i) => [`x${i}`, tensorOf(operand)])));
  expect(results.length).toBe(expected.length);
  expected.forEach((want, i) => {
    const got = ran[`y${i}`] ?? expect.fail(`no result ${i}`);
    expect(got.dims).toEqual(want.shape);
    const told = shapeOf(results[i] ?? null);
    if (told !== null) expect(told).toEqual(want.shape);
    Array.from(got.data as Float32Array, Number).forEach((value, at) =>
      expect(value).toBeCloseTo(want.values[at] ?? Number.NaN, 5),
    );
  });
  await session.release();
}

describe.each(Object.entries(CASES))("%s", (_, cases) => {
  test.each(cases)("$name", expectCase);
});

test.each(Object.entries(OPERATORS))("all results of %s are looked at", (op, { results }) => {
  for (const { expected } of CASES[op as Operator]) expect(expected.length).toBe(results);
});

describe("shapes with names in them", () => {
  const x = input("x", "F32", [1, "n", 64]);
  test("pass through what keeps them", () => {
    expect(shapeOf(add(x, input("bias", "F32", [64])))).toEqual([1, "n", 64]);
    expect(shapeOf(matMul(x, transpose(input("w", "F32", [96, 64]))))).toEqual([1, "n", 96]);
    expect(shapeOf(gather(x, input("wanted", "I32", ["m"]), 1))).toEqual([1, "m", 64]);
  });

  test("are not guessed where two names differ", () => {
    expect(shapeOf(add(x, input("y", "F32", [1, "m", 64])))).toBeNull();
  });
});
