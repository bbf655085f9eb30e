/**
 * ONNX graphs as expressions: an operator applied to values is a value, and `encodeModel` walks
 * back from the outputs, names every node once and writes a ModelProto. Weights never enter the
 * graph: they are external data, named by the shard that holds them.
 * Source: onnx/onnx.proto (IR version 10), ONNX operators opset 17, onnxruntime contrib operators.
 */
import { joined } from "../frames/joined.ts";
import { bytesField, floatField, intField, intsField, messageField, textField, type Bytes } from "./protobuf.ts";

export const TENSOR_TYPES = { F32: 1, U8: 2, I32: 6, I64: 7, BOOL: 9, F16: 10, BF16: 16 } as const;
export type TensorType = keyof typeof TENSOR_TYPES;

/** A dimension: fixed, or named and left to the run. */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "branch"; readonly branch: Branch };

/** A graph inside a node. It reads `captured`, inputs and weights of the graph around it; all else in it is its own. */
export interface Branch {
  readonly outputs: readonly Omit<Output, "name">[];
  readonly captured: readonly Value[];
}

export const int = (value: number): Attribute => ({ kind: "int", value });
export const float = (value: number): Attribute => ({ kind: "float", value });
export const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });

export interface Input {
  readonly kind: "input";
  readonly name: string;
  readonly type: TensorType;
  readonly shape: Shape;
}

/** A tensor that lies at `offset` in the external data called `location`. */
export interface Weight {
  readonly kind: "weight";
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly location: string;
  readonly offset: number;
  readonly bytes: number;
  /** Of a matrix in blocks: how it is read. Its bytes are no numbers. */
  readonly blocks?: Blocks;
}

/** A matrix [rows, columns] in blocks, as whoever packed it has it read. */
export interface Blocks {
  /** x [a, b, columns] · Wᵀ: [a, b, rows]. */
  product(x: Value): OperatorResult;
  /** Rows at ids [a, b]: [a, b, columns]. */
  lookUp(ids: Value): OperatorResult;
  /** Of rows [from, to). */
  rows(from: number, to: number): Blocks;
}

/** A small tensor inside the graph: shapes and axes, never weights. */
export interface Constant {
  readonly kind: "constant";
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface OperatorResult {
  readonly kind: "result";
  readonly node: Operation;
  readonly output: number;
}

/** `null` leaves an optional input out. */
export interface Operation {
  readonly op: string;
  readonly domain: "" | "com.microsoft";
  readonly inputs: readonly (Value | null)[];
  readonly outputs: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Of each output; null, or left out, where only the run knows. */
  readonly shapes: readonly (Shape | null)[];
  /** What does the same to one row, this and what leads to it: for programs of one row (`wasm/row-program.ts`). */
  readonly alone?: Pick<Operation, "op" | "inputs">;
}

export type Value = Input | Weight | Constant | OperatorResult;

export interface Output {
  readonly name: string;
  readonly value: OperatorResult;
  readonly type: TensorType;
  readonly shape: Shape;
}

export const input = (name: string, type: TensorType, shape: Shape): Input => ({
  kind: "input",
  name,
  type,
  shape,
});

export function int64Constant(values: readonly number[], shape: readonly number[] = [values.length]): Constant {
  return { kind: "constant", type: "I64", shape, data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) };
}

export const float32Constant = (value: number): Constant => ({
  kind: "constant",
  type: "F32",
  shape: [1],
  data: new Uint8Array(Float32Array.of(value).buffer),
});

type OperationOptions = Partial<Pick<Operation, "domain" | "outputs" | "attributes" | "shapes">>;

/** All outputs of one operation. */
export function operation(
  op: string,
  inputs: readonly (Value | null)[],
  { domain = "", outputs = 1, attributes = {}, shapes = [] }: OperationOptions = {},
): readonly OperatorResult[] {
  const node: Operation = { op, inputs, domain, outputs, attributes, shapes };
  return Array.from({ length: outputs }, (_, output) => ({ kind: "result", node, output }));
}

/** The only result of an operation, with what stands for it and those before it where there is one row. */
export const aloneAs = (
  { node, ...result }: OperatorResult,
  op: string,
  inputs: Operation["inputs"],
): OperatorResult => ({
  ...result,
  node: { ...node, alone: { op, inputs } },
});

/** Null where only the run knows it. */
export const shapeOf = (value: Value | null): Shape | null =>
  value?.kind === "result" ? (value.node.shapes[value.output] ?? null) : (value?.shape ?? null);

/** A ModelProto computing `outputs`. Inputs that no output needs do not appear. */
export function encodeModel(name: string, outputs: readonly Output[]): Uint8Array {
  const graph = collect(outputs, null);
  const nameOf = namesIn(graph, outputs, () => "");
  const nodes = graph.operations.map((node, index) => encodeNode(node, `n${index}`, nameOf, graph));
  return joined([
    intField(1, 10), // ir_version
    textField(2, "cutlayer"), // producer_name
    messageField(7, [
      ...nodes.map((node) => bytesField(1, node)),
      textField(2, name),
      ...graph.weights.map((weight) => messageField(5, externalTensor(weight))),
      ...graph.constants.map((constant) => messageField(5, rawTensor(constant, nameOf(constant)))),
      ...graph.inputs.map((value) => messageField(11, valueInfo(value.name, value.type, value.shape))),
      ...outputs.map((output) => messageField(12, valueInfo(output.name, output.type, output.shape))),
    ]),
    messageField(8, [textField(1, ""), intField(2, 17)]), // opset_import
    messageField(8, [textField(1, "com.microsoft"), intField(2, 1)]),
  ]);
}

/** Weights are the same by name, everything else by identity. */
const key = (value: Value): unknown =>
  value.kind === "result" ? value.node : value.kind === "constant" ? value : `${value.kind}:${value.name}`;

interface Collected {
  readonly operations: Operation[]; // in topological order
  readonly inputs: Input[];
  readonly weights: Weight[];
  readonly constants: Constant[];
  readonly names: Map<unknown, readonly string[]>;
  readonly branches: Map<Branch, Collected>;
  /** The graph around a branch; null for the outermost. */
  readonly around: Collected | null;
  /** What its nodes' names begin with: names are unique over a graph and all its branches. */
  readonly prefix: string;
}

type Naming = (value: Value | null) => string;

function collect(outputs: readonly Omit<Output, "name">[], around: Collected | null, prefix = ""): Collected {
  const found: Collected = {
    operations: [],
    inputs: [],
    weights: [],
    constants: [],
    names: new Map(),
    branches: new Map(),
    around,
    prefix,
  };
  for (const output of outputs) visit(output.value, found);
  return found;
}

/** Outputs under the names they are asked for by, what is not of this graph as the graph around it names it. */
function namesIn(graph: Collected, outputs: readonly Output[], around: Naming): Naming {
  const own = (value: Value): string | undefined =>
    graph.names.get(key(value))?.[value.kind === "result" ? value.output : 0];
  const aliases = new Map(outputs.map(({ name, value }) => [own(value) ?? "", name]));
  return (value) => {
    const name = value === null ? "" : own(value);
    return name === undefined ? around(value) : (aliases.get(name) ?? name);
  };
}

function isKnown(value: Value, found: Collected | null): boolean {
  return found !== null && (found.names.has(key(value)) || isKnown(value, found.around));
}

function visit(value: Value, found: Collected): void {
  if (isKnown(value, found)) return;
  // Inputs, weights and constants are the outermost graph's, whoever uses them.
  if (value.kind !== "result" && found.around !== null) return visit(value, found.around);
  switch (value.kind) {
    case "input":
      found.inputs.push(value);
      found.names.set(key(value), [value.name]);
      return;
    case "weight":
      found.weights.push(value);
      found.names.set(key(value), [value.name]);
      return;
    case "constant":
      found.constants.push(value);
      found.names.set(key(value), [`constant${found.constants.length}`]);
      return;
    case "result":
      for (const operand of value.node.inputs) if (operand !== null) visit(operand, found);
      for (const attribute of Object.values(value.node.attributes))
        if (attribute.kind === "branch") visitBranch(attribute.branch, found);
      found.operations.push(value.node);
      found.names.set(
        value.node,
        Array.from(
          { length: value.node.outputs },
          (_, i) => `${found.prefix}${value.node.op}${found.operations.length}_${i}`,
        ),
      );
  }
}

function visitBranch(branch: Branch, found: Collected): void {
  for (const value of branch.captured) visit(value, found);
  const prefix = `${found.prefix}b${found.branches.size}_`;
  found.branches.set(branch, collect(branch.outputs, found, prefix));
}

function encodeNode(node: Operation, name: string, nameOf: Naming, graph: Collected): Bytes {
  const outputs = Array.from({ length: node.outputs }, (_, output) => nameOf({ kind: "result", node, output }));
  return joined([
    ...node.inputs.map((operand) => textField(1, nameOf(operand))),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, node.op),
    ...Object.entries(node.attributes).map(([attribute, value]) =>
      messageField(5, encodeAttribute(attribute, value, nameOf, graph)),
    ),
    textField(7, node.domain),
  ]);
}

function encodeAttribute(name: string, attribute: Attribute, nameOf: Naming, graph: Collected): Bytes[] {
  const ofType = (type: number, value: Bytes): Bytes[] => [textField(1, name), value, intField(20, type)];
  switch (attribute.kind) {
    case "float":
      return ofType(1, floatField(2, attribute.value));
    case "int":
      return ofType(2, intField(3, attribute.value));
    case "ints":
      return ofType(7, intsField(8, attribute.value));
    case "branch":
      return ofType(5, messageField(6, encodeBranch(attribute.branch, nameOf, graph)));
  }
}

function encodeBranch(branch: Branch, around: Naming, graph: Collected): Bytes[] {
  const inside = graph.branches.get(branch);
  if (inside === undefined) throw new Error("a branch is collected before it is encoded");
  const nameOf = namesIn(inside, [], around);
  return [
    ...inside.operations.map((node, index) =>
      bytesField(1, encodeNode(node, `${inside.prefix}n${index}`, nameOf, inside)),
    ),
    textField(2, inside.prefix),
    ...branch.outputs.map(({ value, type, shape }) => messageField(12, valueInfo(nameOf(value), type, shape))),
  ];
}

function externalTensor(weight: Weight): Bytes[] {
  const entry = (name: string, value: string): Bytes => messageField(13, [textField(1, name), textField(2, value)]);
  return [
    intsField(1, weight.shape),
    intField(2, TENSOR_TYPES[weight.type]),
    textField(8, weight.name),
    entry("location", weight.location),
    entry("offset", String(weight.offset)),
    entry("length", String(weight.bytes)),
    intField(14, 1), // data_location: EXTERNAL
  ];
}

const rawTensor = (constant: Constant, name: string): Bytes[] => [
  intsField(1, constant.shape),
  intField(2, TENSOR_TYPES[constant.type]),
  textField(8, name),
  bytesField(9, constant.data),
];

function valueInfo(name: string, type: TensorType, shape: Shape): Bytes[] {
  const dimension = (size: Dimension): Bytes =>
    messageField(1, [typeof size === "number" ? intField(1, size) : textField(2, size)]);
  return [
    textField(1, name),
    messageField(2, [messageField(1, [intField(1, TENSOR_TYPES[type]), messageField(2, shape.map(dimension))])]),
  ];
}
