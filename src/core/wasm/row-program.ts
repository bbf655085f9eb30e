/**
 * A program for one row out of the same expression that a graph is encoded from: every operator as what it does to one
 * row, all of them one WebAssembly function. So what a family's block computes is written once. A decode step of one
 * session reads every weight for one row; this does it without the price of a runtime's call, and reads weights as
 * narrow as they are stored.
 */
import type { StoredType } from "../model/stored-type.ts";
import { storedNumbers } from "../model/stored-numbers.ts";
import type { Constant, Operation, Output, Value, Weight } from "../onnx/graph.ts";
import { OPERATORS, type Operator } from "../onnx/operators.ts";
import { PORTS } from "../onnx/ports.ts";
import { Constants } from "./lanes.ts";
import { packMatrix, packedWidth, type PackedForm, type PackedMatrix } from "./matrix-vector.ts";
import { encodeModule, FunctionBuilder, type Code, type Local } from "./module.ts";
import type { RowMemory } from "./row-memory.ts";
import { type Row, type RowBuilder, type RowOperand } from "./row-operators.ts";

/** What changes from step to step; the arrays where the program enters with them. */
export interface RowStep {
  readonly id: number;
  readonly position: number;
  readonly hidden: Float32Array; // [hidden]
  readonly attended: Float32Array; // [heads · headSize]
}

/** Programs that share a memory run one at a time. */
export interface RowProgram {
  /** What of the memory it reads. */
  readonly keys: readonly string[];
  /** Of each output its numbers, in arrays that the next step of this program writes again. */
  run(step: RowStep): Readonly<Record<string, Float32Array>>;
  close(): void;
}

/** Weights by the location that the expression names. */
export type WeightBytes = ReadonlyMap<string, Uint8Array>;

/** Null where an operator cannot be had for one row. Throws Failed: out-of-memory. */
export function rowProgram(memory: RowMemory, outputs: readonly Output[], weights: WeightBytes): RowProgram | null {
  const building = new Building(memory, weights);
  try {
    const rows = outputs.map(({ name, value }) => ({ name, row: building.operand(value) })).filter(isRow);
    if (rows.length === outputs.length) return running(memory, building, rows);
  } catch (thrown) {
    building.close();
    throw thrown;
  }
  building.close();
  return null;
}

function running(memory: RowMemory, building: Building, rows: readonly NamedRow[]): RowProgram {
  const compute = memory.link(building.encode());
  const { entering } = building;
  const given = Object.fromEntries(rows.map(({ name, row }) => [name, new Float32Array(row.width)]));
  const copies = rows.map(({ name, row }) => ({ to: given[name], from: row.at / 4, end: row.at / 4 + row.width }));
  return {
    keys: building.keys,
    close: () => building.close(),
    run(step) {
      const { floats } = memory;
      for (const { which, row } of entering) floats.set(step[which], row.at / 4);
      compute(step.id, step.position);
      for (const { to, from, end } of copies) to?.set(floats.subarray(from, end));
      return given;
    },
  };
}

interface NamedRow {
  readonly name: string;
  readonly row: Row;
}
const isRow = (output: { name: string; row: RowOperand | null }): output is NamedRow => output.row?.kind === "row";

/** Of what is no matrix of numbers. */
const BYTES: PackedForm = { type: "F32", rows: 0, columns: 0, scale: 1 };

const isOperator = (op: string): op is Operator => op in OPERATORS;

/** Parameters by the ports that they stand for. */
const PARAMETERS: Readonly<Record<string, number>> = {
  [PORTS.ids]: 0,
  [PORTS.positions]: 1,
  [PORTS.rowPositions]: 1,
};
const ENTERING: Readonly<Record<string, "hidden" | "attended">> = {
  [PORTS.hidden]: "hidden",
  [PORTS.attended]: "attended",
};

class Building implements RowBuilder {
  readonly entering: { readonly which: "hidden" | "attended"; readonly row: Row }[] = [];
  readonly #f = new FunctionBuilder(["i32", "i32"]);
  readonly constants = new Constants(this.#f);
  readonly locals = {
    at: this.#f.local("i32"),
    part: this.#f.local("i32"),
    matrix: this.#f.local("i32"),
    x: this.#f.local("i32"),
    y: this.#f.local("i32"),
    numbers: this.#f.local("v128"),
    n: this.#f.local("v128"),
    r: this.#f.local("v128"),
    sums: this.#fourVectors(),
    codes: this.#fourVectors(),
    parts: this.#fourVectors(),
  };
  readonly #memory: RowMemory;
  readonly #weights: WeightBytes;
  readonly #known = new Map<Operation | Value, RowOperand | null>();
  readonly #code: Code[] = [];
  /** Of what it shares. */
  readonly keys: string[] = [];
  /** How many rows it has, by their width. */
  readonly #rows = new Map<number, number>();

  constructor(memory: RowMemory, weights: WeightBytes) {
    this.#memory = memory;
    this.#weights = weights;
  }

  #fourVectors(): readonly Local[] {
    return [0, 1, 2, 3].map(() => this.#f.local("v128"));
  }

  encode(): Uint8Array<ArrayBuffer> {
    return encodeModule("row", this.#f, [...this.constants.prepared, ...this.#code.flat()]);
  }

  close(): void {
    for (const key of this.keys.splice(0)) this.#memory.release(key);
  }

  operand(value: Value): RowOperand | null {
    const key = value.kind === "result" ? value.node : value;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const operand = this.#operand(value);
    this.#known.set(key, operand);
    return operand;
  }

  row(width: number, last = width): Row {
    const room = packedWidth(width);
    const index = this.#rows.get(room) ?? 0;
    this.#rows.set(room, index + 1);
    return { kind: "row", at: this.#memory.between(room, index), width, last };
  }

  compute(result: Row, code: Code): Row {
    this.#code.push(code);
    return result;
  }

  numbers(operand: Weight | Constant): Row {
    const { address, form } = this.#share(keyOf(operand, "numbers"), () => {
      const values = Float32Array.from(storedNumbers(storedType(operand), this.#bytesOf(operand)));
      const row = { type: "F32", rows: 1, columns: values.length, scale: 1 } as const;
      return { data: new Uint8Array(values.buffer), form: row };
    });
    return { kind: "row", at: address, width: form.columns, last: form.columns };
  }

  packed(weight: Weight, byColumns: boolean): PackedForm & { readonly matrix: number } {
    const [first = 0, second = 0] = weight.shape;
    const [rows, columns] = byColumns ? [second, first] : [first, second];
    const { address, form } = this.#share(keyOf(weight, byColumns ? "by columns" : "by rows"), () =>
      packMatrix({ type: storedType(weight), rows, columns }, this.#bytesOf(weight), byColumns),
    );
    return { matrix: address, ...form };
  }

  shared(weights: readonly Weight[], how: string, make: (stored: readonly Uint8Array[]) => Uint8Array): number {
    const [first] = weights;
    if (first === undefined) throw new Error("nothing to share");
    const { address } = this.#share(keyOf(first, how), () => ({
      data: make(weights.map((weight) => this.#bytesOf(weight))),
      form: BYTES,
    }));
    return address;
  }

  #operand(value: Value): RowOperand | null {
    switch (value.kind) {
      case "weight":
        return { kind: "stored", weight: value, transposed: false };
      case "constant":
        return value;
      case "input":
        return this.#input(value.name, value.shape.at(-1));
      case "result":
        return this.#result(value.node);
    }
  }

  #input(name: string, width: number | string | undefined): RowOperand | null {
    const parameter = PARAMETERS[name];
    if (parameter !== undefined) return { kind: "index", index: this.#f.parameter(parameter).get };
    const which = ENTERING[name];
    if (which === undefined || typeof width !== "number") return null;
    const row = this.row(width);
    this.entering.push({ which, row });
    return row;
  }

  #result(node: Operation): RowOperand | null {
    const { op, inputs } = node.alone ?? node;
    const { attributes, outputs } = node;
    const operator = isOperator(op) ? OPERATORS[op].row : (this.#memory.operators[op] ?? null);
    if (operator === null || outputs > 1) return null;
    const operands = inputs.map((value) => (value === null ? null : this.operand(value)));
    if (operands.some((operand, place) => operand === null && inputs[place] !== null)) return null;
    return operator({ operands, attributes, build: this });
  }

  #share(key: string, make: () => PackedMatrix): ReturnType<RowMemory["share"]> {
    const shared = this.#memory.share(key, make);
    this.keys.push(key);
    return shared;
  }

  #bytesOf(operand: Weight | Constant): Uint8Array {
    if (operand.kind === "constant") return operand.data;
    const { location, offset, bytes } = operand;
    const whole = this.#weights.get(location);
    if (whole === undefined) throw new Error(`no weights at ${location}`);
    return whole.subarray(offset, offset + bytes);
  }
}

/** The same for the same weight, whichever graph reads it. */
const keyOf = (operand: Weight | Constant, how: string): string =>
  operand.kind === "constant"
    ? `constant ${operand.data.join(" ")}`
    : `${operand.location} ${operand.offset} ${operand.bytes} ${how}`;

function storedType({ kind, type }: Weight | Constant): StoredType {
  if (type === "F32" || type === "F16" || type === "BF16") return type;
  throw new Error(`a ${kind} of ${type} is read as numbers`);
}
