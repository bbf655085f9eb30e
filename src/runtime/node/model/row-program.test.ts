/** Programs for one row against the same sums in float64: matrices as they are stored, and what they leave in memory. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FloatType } from "#core/model/stored-type.ts";
import { storedNumbers } from "#core/model/stored-numbers.ts";
import { input, type Output, type OperatorResult, type Weight } from "#core/onnx/graph.ts";
import { linear, linearInOut, lookUp } from "#core/onnx/layers.ts";
import { add, gather, groupedQueryAttention, layerNormalise, silu } from "#core/onnx/operators.ts";
import { PORTS } from "#core/onnx/ports.ts";
import { rowProgram } from "#core/wasm/row-program.ts";
import { storedBytes } from "#engine/testing/tiny-model.ts";
import { rowMemory } from "#core/wasm/web-assembly.ts";

const TYPES: readonly FloatType[] = ["F32", "F16", "BF16"];

const weight = (type: FloatType, shape: readonly number[], bytes: Uint8Array, location = "matrix"): Weight => ({
  kind: "weight",
  name: location,
  type,
  shape,
  location,
  offset: 0,
  bytes: bytes.length,
});
const output = (value: OperatorResult): Output => ({ name: "y", value, type: "F32", shape: [] });
const entering = (width: number) => input(PORTS.hidden, "F32", ["n", 1, width]);
const step = (hidden: Float32Array, id = 0) => ({ id, position: 0, hidden, attended: new Float32Array(0) });

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 11 }),
  columns: fc.integer({ min: 1, max: 9 }).map((fours) => 4 * fours),
  type: fc.constantFrom(...TYPES),
  seed: fc.integer({ min: 0, max: 99 }),
  byColumns: fc.boolean(),
});

test("a matrix times a row is the sum in float64, in every stored type and either way round", () => {
  fc.assert(
    fc.property(sizes, ({ rows, columns, type, seed, byColumns }) => {
      const memory = rowMemory("edge");
      const bytes = storedBytes(
        type,
        Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + 1.7 * i)),
      );
      const shape = byColumns ? [columns, rows] : [rows, columns];
      const [x, w] = [entering(columns), weight(type, shape, bytes)];
      const bias = storedBytes("F32", new Float32Array(rows).fill(0.5));
      const value =
        byColumns && rows % 4 === 0
          ? linearInOut(x, w, weight("F32", [rows], bias, "bias"))
          : byColumns
            ? null
            : linear(x, w);
      if (value === null) return;
      const weights = new Map([
        ["matrix", bytes],
        ["bias", bias],
      ]);
      const program = rowProgram(memory, [output(value)], weights);
      const given = Float32Array.from({ length: columns }, (_, i) => 3 * Math.cos(seed + i));
      const numbers = storedNumbers(type, bytes);
      const y = program?.run(step(given))["y"] ?? [];
      expect(y).toHaveLength(rows);
      for (let row = 0; row < rows; row++) {
        const wanted = given.reduce(
          (sum, number, column) =>
            sum + number * (numbers[byColumns ? column * rows + row : row * columns + column] ?? 0),
          byColumns ? 0.5 : 0,
        );
        expect(Math.abs((y[row] ?? Number.NaN) - wanted)).toBeLessThan(1e-5);
      }
    }),
  );
});

test("a stored number is read exactly, whatever its exponent", () => {
  const halves = Uint16Array.from([0, 0x8000, 1, 0x8001, 0x3ff, 0x83ff, 0x400, 0x3c00, 0xbc01, 0x2c01, 0x4fff, 0xcfff]);
  const largest = Uint16Array.from([0x7bff, 0x7c00, 1, 0]); // no power of two is left above these
  for (const stored of [halves, Uint16Array.from([...halves, ...largest])]) {
    const bytes = new Uint8Array(stored.buffer);
    const table = weight("F16", [stored.length / 4, 4], bytes);
    const looked = lookUp(table, input(PORTS.ids, "I32", ["n", 1]));
    const program = rowProgram(rowMemory("edge"), [output(looked)], new Map([["matrix", bytes]]));
    const read = Array.from({ length: stored.length / 4 }, (_, id) => [
      ...(program?.run(step(new Float32Array(0), id))["y"] ?? []),
    ]);
    expect(read.flat()).toEqual([...storedNumbers("F16", bytes)]);
  }
});

test("a row is computed by every operator of a block as in float64", () => {
  const width = 12;
  const numbers = (from: number): Float32Array =>
    Float32Array.from({ length: width }, (_, i) => Math.sin(from + i) * 40);
  const [scale, bias] = [numbers(1), numbers(2)].map((values) => storedBytes("F32", values));
  const x = entering(width);
  if (scale === undefined || bias === undefined) throw new Error("two weights");
  const normed = layerNormalise(x, weight("F32", [width], scale, "scale"), weight("F32", [width], bias, "bias"), 1e-5);
  const weights = new Map([
    ["scale", scale],
    ["bias", bias],
  ]);
  const given = numbers(3);
  const y = rowProgram(rowMemory("edge"), [output(add(silu(normed), x))], weights)?.run(step(given))["y"] ?? [];
  const mean = given.reduce((a, b) => a + b) / width;
  const variance = given.reduce((sum, number) => sum + (number - mean) ** 2, 0) / width;
  for (let i = 0; i < width; i++) {
    const one = (((given[i] ?? 0) - mean) / Math.sqrt(variance + 1e-5)) * (numbers(1)[i] ?? 0) + (numbers(2)[i] ?? 0);
    const wanted = one / (1 + Math.exp(-one)) + (given[i] ?? 0);
    expect(Math.abs((y[i] ?? Number.NaN) - wanted) / Math.max(1, Math.abs(wanted))).toBeLessThan(1e-5);
  }
});

test("weights are in memory once, and gone with the last program that reads them", () => {
  const memory = rowMemory("edge");
  const bytes = storedBytes("F16", new Float32Array(8 * 8).fill(0.25));
  const program = () =>
    rowProgram(memory, [output(linear(entering(8), weight("F16", [8, 8], bytes)))], new Map([["matrix", bytes]]));
  const [one, other] = [program(), program()];
  expect(memory.heldBytes).toBe(bytes.length);
  const { length } = memory.floats;
  one?.close();
  expect(other?.run(step(new Float32Array(8).fill(2)))["y"]).toEqual(new Float32Array(8).fill(4));
  other?.close();
  expect(memory.heldBytes).toBe(0);
  for (let i = 0; i < 200; i++) program()?.close();
  expect(memory.floats).toHaveLength(length);
});

test("what only a graph can do has no program, and leaves nothing", () => {
  const memory = rowMemory("edge");
  const x = entering(8);
  const bytes = new Uint8Array(8 * 6 * 4);
  const [attended] = groupedQueryAttention({
    query: x,
    key: x,
    value: x,
    past: null,
    lastPosition: input(PORTS.lastPosition, "I32", [1]),
    total: input(PORTS.total, "I32", [1]),
    rotary: null,
    heads: 1,
    kvHeads: 1,
    window: null,
    scale: null,
  });
  const six = entering(6); // no multiple of four
  const values = [attended, linear(six, weight("F32", [8, 6], bytes)), gather(x, input(PORTS.wanted, "I32", ["m"]), 0)];
  for (const value of values)
    expect(
      rowProgram(
        memory,
        [output(linear(x, weight("F32", [6, 8], bytes))), output(value)],
        new Map([["matrix", bytes]]),
      ),
    ).toBeNull();
  expect(memory.heldBytes).toBe(0);
});
