/**
 * The operators for one row: what a graph's expression computes when its n positions are one, as code over the memory.
 * A row is numbers that lie there, four at a time. Null is what only a graph can do: an expression with it has no
 * program, and neither has one with rows that are no multiple of four long. Which does what is a column of the operators'
 * table.
 */
import { TENSOR_TYPES, type Attribute, type Constant, type Weight } from "../onnx/graph.ts";
import { exponential, ofLanes, type Constants } from "./lanes.ts";
import { matrixRow, matrixVector, type PackedForm, type ProductLocals } from "./matrix-vector.ts";
import { f32, f32x4, i32, loop, type Code, type Local } from "./module.ts";

/** The address of a row's numbers, how many they are, and how many of them its last axis has. */
export interface Row {
  readonly kind: "row";
  readonly at: number;
  readonly width: number;
  readonly last: number;
}

/** What an operand is while a program is built. */
export type RowOperand =
  | Row
  | { readonly kind: "stored"; readonly weight: Weight; readonly transposed: boolean }
  | { readonly kind: "index"; readonly index: Code }
  | Constant;

/** What operators are given to build with. */
export interface RowBuilder {
  readonly constants: Constants;
  readonly locals: ProductLocals & {
    readonly at: Local;
    readonly part: Local;
    readonly n: Local;
    readonly r: Local;
    /** Four vectors each, for matrices in blocks. */
    readonly codes: readonly Local[];
    readonly parts: readonly Local[];
  };
  row(width: number, last?: number): Row;
  /** Has `code`, which makes `result`, run behind what came before. */
  compute(result: Row, code: Code): Row;
  /** A stored weight or a constant as float32. */
  numbers(operand: Weight | Constant): Row;
  /** A matrix, packed. */
  packed(weight: Weight, byColumns: boolean): PackedForm & { readonly matrix: number };
  /** The address of what `make` makes of these weights' bytes: once, whoever asks for the first of them by the same name. */
  shared(weights: readonly Weight[], how: string, make: (stored: readonly Uint8Array[]) => Uint8Array): number;
}

export interface RowCall {
  readonly operands: readonly (RowOperand | null)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly build: RowBuilder;
}

export type RowOperator = (call: RowCall) => RowOperand | null;

export const same: RowOperator = ({ operands: [x = null] }) => x;

export const reshaped: RowOperator = ({ operands: [x, lengths] }) => {
  const last = integersOf(lengths).at(-1) ?? -1;
  return x?.kind === "row" ? { ...x, last: last === -1 ? x.width : last } : null;
};

export const transposed: RowOperator = ({ operands: [w] }) =>
  w?.kind === "stored" ? { ...w, transposed: !w.transposed } : null;

/** Weights become float32 where they are read. */
export const cast: RowOperator = ({ operands: [x = null], attributes }) =>
  numberOf(attributes["to"]) === TENSOR_TYPES.F32 ? x : null;

export const sliced: RowOperator = ({ operands: [x, from, to] }) => {
  const [first = 0, end = 0] = [...integersOf(from), ...integersOf(to)];
  return x?.kind === "row" ? { ...x, at: x.at + 4 * first, width: end - first, last: end - first } : null;
};

/** `body` for each four numbers of so many, `counter` bytes from the first. */
const eachFour = (counter: Local, width: number, body: Code): Code => [
  ...counter.set(i32.const(0)),
  ...loop(counter, i32.const(4 * width), 16, body),
];

/** Of rows as wide as each other, or of one and a single number. */
export function elementwise(op: (x: Code, y: Code) => Code): RowOperator {
  return ({ operands, build }) => {
    const [x = null, y = null] = operands.map((operand) => rowOf(operand, build));
    if (x === null || y === null) return null;
    const width = Math.max(x.width, y.width);
    const { at } = build.locals;
    const read = ({ width: own, at: address }: Row): Code =>
      own === 1 ? f32x4.loadSplat(i32.const(0), address) : f32x4.load(at.get, address);
    if ([x, y].some((row) => row.width !== 1 && (row.width !== width || !isWhole(width)))) return null;
    const out = build.row(width, Math.max(x.last, y.last));
    return build.compute(out, eachFour(at, width, f32x4.store(at.get, op(read(x), read(y)), out.at)));
  };
}

/** 1 / (1 + e⁻ˣ) */
export function sigmoid({ operands: [x], build }: RowCall): Row | null {
  if (x?.kind !== "row" || !isWhole(x.width)) return null;
  const { constants, locals } = build;
  const { at, numbers, n, r } = locals;
  const out = build.row(x.width, x.last);
  const one = constants.get(1);
  return build.compute(
    out,
    eachFour(at, x.width, [
      ...numbers.set(f32x4.subtract(constants.get(0), f32x4.load(at.get, x.at))),
      ...exponential(numbers, n, r, constants),
      ...f32x4.store(at.get, f32x4.divide(one, f32x4.add(one, numbers.get)), out.at),
    ]),
  );
}

export function product({ operands: [x, w], build }: RowCall): Row | null {
  if (x?.kind !== "row" || w?.kind !== "stored" || !isWhole(x.width)) return null;
  const form = build.packed(w.weight, !w.transposed);
  const { at } = build.locals;
  const scaled = form.scale === 1 ? x : build.row(x.width);
  const out = build.row(form.rows);
  const times = f32x4.multiply(f32x4.load(at.get, x.at), build.constants.get(form.scale));
  return build.compute(out, [
    ...(scaled === x ? [] : eachFour(at, x.width, f32x4.store(at.get, times, scaled.at))),
    ...matrixVector(form, { matrix: form.matrix, x: scaled.at, y: out.at }, build.locals, build.constants),
  ]);
}

export function lookUp({ operands: [table, index], build }: RowCall): Row | null {
  if (table?.kind !== "stored" || table.transposed || index?.kind !== "index") return null;
  if (!isWhole(table.weight.shape[1] ?? 0)) return null;
  const form = build.packed(table.weight, false);
  const out = build.row(form.columns);
  return build.compute(
    out,
    matrixRow(form, { matrix: form.matrix, y: out.at }, index.index, build.locals, build.constants),
  );
}

export function joined({ operands, build }: RowCall): Row | null {
  const rows = operands.filter((x) => x?.kind === "row");
  if (rows.length < operands.length || !rows.every(({ width }) => isWhole(width))) return null;
  const { at } = build.locals;
  const out = build.row(rows.reduce((sum, { width }) => sum + width, 0));
  let from = out.at;
  const copies = rows.flatMap((x) => {
    const to = from;
    from += 4 * x.width;
    return eachFour(at, x.width, f32x4.store(at.get, f32x4.load(at.get, x.at), to));
  });
  return build.compute(out, copies);
}

/** Each part of the last axis' length by itself, less its mean where it is `centred`. */
export function normed(
  { operands: [x, scaleOperand, biasOperand = null], attributes, build }: RowCall,
  centred: boolean,
): Row | null {
  const [scale, bias] = [rowOf(scaleOperand ?? null, build), rowOf(biasOperand, build)];
  if (x?.kind !== "row" || scale?.width !== x.last || !isWhole(x.last)) return null;
  const { constants, locals } = build;
  const { at, part, n: mean, r: inverse, sums } = locals;
  const [sum] = sums;
  if (sum === undefined) throw new Error("no local for a sum");
  const out = build.row(x.width, x.last);
  const here = i32.add(part.get, at.get);
  const off = f32x4.subtract(f32x4.load(here, x.at), mean.get);
  const meanOf = (number: Code): Code => [
    ...sum.set(constants.get(0)),
    ...eachFour(at, x.last, sum.set(f32x4.add(sum.get, number))),
    ...f32.divide(ofLanes(sum.get, f32.add), f32.const(x.last)),
  ];
  const deviation = f32.squareRoot(
    f32.add(meanOf(f32x4.multiply(off, off)), f32.const(numberOf(attributes["epsilon"]))),
  );
  const scaled = f32x4.multiply(f32x4.multiply(off, inverse.get), f32x4.load(at.get, scale.at));
  const result = bias === null ? scaled : f32x4.add(scaled, f32x4.load(at.get, bias.at));
  return build.compute(out, [
    ...part.set(i32.const(0)),
    ...loop(part, i32.const(4 * x.width), 4 * x.last, [
      ...mean.set(constants.get(0)),
      ...(centred ? mean.set(f32x4.splat(meanOf(f32x4.load(here, x.at)))) : []),
      ...inverse.set(f32x4.splat(f32.divide(f32.const(1), deviation))),
      ...eachFour(at, x.last, f32x4.store(here, result, out.at)),
    ]),
  ]);
}

/** Pairs of a head's first and second half, turned by its position's angles. */
export function turned({ operands: [x, index, cosines, sines], attributes, build }: RowCall): Row | null {
  if (x?.kind !== "row" || index?.kind !== "index" || cosines?.kind !== "stored" || sines?.kind !== "stored")
    return null;
  const size = x.width / numberOf(attributes["num_heads"]);
  if (!isWhole(size / 2)) return null;
  const [cosine, sine] = [build.numbers(cosines.weight), build.numbers(sines.weight)];
  const { at, part, matrix: angles } = build.locals;
  const out = build.row(x.width, x.last);
  const here = i32.add(part.get, at.get);
  const angle = i32.add(angles.get, at.get);
  const [first, second] = [f32x4.load(here, x.at), f32x4.load(here, x.at + 2 * size)];
  const [cos, sin] = [f32x4.load(angle, cosine.at), f32x4.load(angle, sine.at)];
  const turn = (op: (a: Code, b: Code) => Code, a: Code, b: Code): Code =>
    op(f32x4.multiply(a, cos), f32x4.multiply(b, sin));
  return build.compute(out, [
    ...angles.set(i32.multiply(index.index, i32.const(2 * size))),
    ...part.set(i32.const(0)),
    ...loop(
      part,
      i32.const(4 * x.width),
      4 * size,
      eachFour(at, size / 2, [
        ...f32x4.store(here, turn(f32x4.subtract, first, second), out.at),
        ...f32x4.store(here, turn(f32x4.add, second, first), out.at + 2 * size),
      ]),
    ),
  ]);
}

const isWhole = (width: number): boolean => width > 0 && width % 4 === 0;

const rowOf = (operand: RowOperand | null, build: RowBuilder): Row | null => {
  if (operand === null || operand.kind === "index") return null;
  if (operand.kind === "row") return operand;
  return build.numbers(operand.kind === "stored" ? operand.weight : operand);
};

const numberOf = (attribute: Attribute | undefined): number =>
  attribute?.kind === "int" || attribute?.kind === "float" ? attribute.value : 0;

const integersOf = (operand: RowOperand | null | undefined): readonly number[] =>
  operand?.kind === "constant" && operand.type === "I64"
    ? Array.from(new BigInt64Array(operand.data.slice().buffer), Number)
    : [];
