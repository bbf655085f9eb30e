/** The emitted bytes, read back by a reader that knows nothing of the writer. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeModel, input, int, operation, type Attribute, type OperatorResult, type Value } from "./graph.ts";
import { choose, identity } from "./operators.ts";
import { floatField, intField, intsField, textField } from "./protobuf.ts";

type Field = { readonly number: number; readonly value: bigint | Uint8Array };

function readFields(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = varint();
    const value = tag % 8n === 0n ? varint() : take(tag % 8n === 2n ? Number(varint()) : 4);
    fields.push({ number: Number(tag / 8n), value });
  }
  return fields;
}

const messages = (fields: readonly Field[], number: number): Field[][] =>
  fields.flatMap((field) =>
    field.number === number && field.value instanceof Uint8Array ? [readFields(field.value)] : [],
  );
const texts = (fields: readonly Field[], number: number): string[] =>
  fields.flatMap((field) =>
    field.number === number && field.value instanceof Uint8Array ? [new TextDecoder().decode(field.value)] : [],
  );
const graphOf = (model: Uint8Array): Field[] => messages(readFields(model), 7)[0] ?? [];

const x = input("x", "F32", [1, "n"]);

function apply(
  op: string,
  inputs: readonly (Value | null)[],
  attributes: Record<string, Attribute> = {},
): OperatorResult {
  const [result] = operation(op, inputs, { attributes });
  return result ?? expect.fail("an operation without a result");
}

describe("encodeModel", () => {
  test("every node stands behind what it reads, and names are unique", () => {
    const shared = apply("Add", [x, x]);
    const [left, right] = operation("Split", [shared], { outputs: 2 });
    const graph = graphOf(
      encodeModel("g", [
        {
          name: "y",
          value: apply("Mul", [left ?? null, apply("Sub", [right ?? null, shared])]),
          type: "F32",
          shape: [1, "m"],
        },
      ]),
    );
    const nodes = messages(graph, 1);
    expect(nodes.flatMap((node) => texts(node, 4))).toEqual(["Add", "Split", "Sub", "Mul"]);
    expect(new Set(nodes.flatMap((node) => texts(node, 3))).size).toBe(nodes.length);
    const defined = new Set(["x"]);
    for (const node of nodes) {
      for (const name of texts(node, 1)) expect(defined).toContain(name);
      for (const name of texts(node, 2)) defined.add(name);
    }
    expect(defined).toContain("y");
  });

  test("a weight used twice is one initializer with its place in the external data", () => {
    const weight = {
      kind: "weight" as const,
      name: "w",
      type: "F16" as const,
      shape: [2, 3],
      location: "abc",
      offset: 64,
      bytes: 12,
    };
    const graph = graphOf(
      encodeModel("g", [{ name: "y", value: apply("Add", [weight, { ...weight }]), type: "F32", shape: [2, 3] }]),
    );
    const [initializer, ...others] = messages(graph, 5);
    expect(others).toEqual([]);
    expect(messages(initializer ?? [], 13).map((entry) => [texts(entry, 1)[0], texts(entry, 2)[0]])).toEqual([
      ["location", "abc"],
      ["offset", "64"],
      ["length", "12"],
    ]);
  });

  test("an input that no output needs does not appear; an optional one left out is an empty name", () => {
    const graph = graphOf(encodeModel("g", [{ name: "y", value: apply("Op", [x, null, x]), type: "F32", shape: [1] }]));
    expect(messages(graph, 11).flatMap((value) => texts(value, 1))).toEqual(["x"]);
    expect(texts(messages(graph, 1)[0] ?? [], 1)).toEqual(["x", "", "x"]);
  });

  test("a chain of any length is written in its order", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("Add", "Mul", "Sub"), { minLength: 1, maxLength: 30 }), (operators) => {
        const last = operators.reduce<Value>(
          (value, op) => apply(op, [value, x], { axis: int(-1) }),
          x,
        ) as OperatorResult;
        const graph = graphOf(encodeModel("g", [{ name: "y", value: last, type: "F32", shape: [1] }]));
        expect(messages(graph, 1).flatMap((node) => texts(node, 4))).toEqual(operators);
      }),
    );
  });
});

describe("branches", () => {
  const named = (value: Value, shape: readonly (number | string)[] = [1, "n"]) =>
    ({ value: value as OperatorResult, type: "F32", shape }) as const;
  const weight = { kind: "weight", name: "w", type: "F32", shape: [2], location: "a", offset: 0, bytes: 8 } as const;
  const before = apply("Add", [x, x]);
  const [chosen] = choose(
    input("c", "BOOL", []),
    { outputs: [named(apply("Mul", [apply("Sub", [before, weight]), input("z", "F32", [1])]))], captured: [before] },
    { outputs: [named(identity(before))], captured: [before] },
  );
  const graph = graphOf(encodeModel("g", [{ name: "y", ...named(apply("Neg", [chosen ?? null])) }]));
  const nodes = messages(graph, 1);
  const branches = messages(nodes.find((node) => texts(node, 4)[0] === "If") ?? [], 5).map((attribute) => ({
    name: texts(attribute, 1)[0],
    nodes: messages(messages(attribute, 6)[0] ?? [], 1),
    outputs: messages(messages(attribute, 6)[0] ?? [], 12).flatMap((output) => texts(output, 1)),
  }));

  test("what only a branch computes stands in it, what it reads stands before it", () => {
    expect(nodes.flatMap((node) => texts(node, 4))).toEqual(["Add", "If", "Neg"]);
    expect(branches.map(({ name, nodes: inside }) => [name, inside.flatMap((node) => texts(node, 4))])).toEqual([
      ["then_branch", ["Sub", "Mul"]],
      ["else_branch", ["Identity"]],
    ]);
  });

  test("inputs and weights are the outer graph's, whoever uses them", () => {
    expect(
      messages(graph, 11)
        .flatMap((value) => texts(value, 1))
        .toSorted(),
    ).toEqual(["c", "x", "z"]);
    expect(messages(graph, 5).flatMap((value) => texts(value, 8))).toEqual(["w"]);
    expect(branches[0]?.nodes.flatMap((node) => texts(node, 1))).toContain("w");
  });

  test("names are unique over the graph and its branches, and each branch gives what it names", () => {
    const all = [...nodes, ...branches.flatMap(({ nodes: inside }) => inside)];
    const results = all.flatMap((node) => texts(node, 2));
    expect(new Set(results).size).toBe(results.length);
    expect(new Set(all.flatMap((node) => texts(node, 3))).size).toBe(all.length);
    for (const { nodes: inside, outputs } of branches)
      expect(inside.flatMap((node) => texts(node, 2))).toEqual(expect.arrayContaining(outputs));
  });
});

describe("protobuf", () => {
  test("integers of either sign survive", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(BigInt.asIntN(64, readFields(intField(5, value))[0]?.value as bigint)).toBe(BigInt(value));
      }),
    );
  });

  test("floats, texts and packed integers survive", () => {
    const float = readFields(floatField(2, 1.5))[0]?.value as Uint8Array;
    expect(new DataView(float.buffer, float.byteOffset).getFloat32(0, true)).toBe(1.5);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(texts(readFields(textField(1, text)), 1)).toEqual([text]);
      }),
    );
    expect(intsField(8, [1, 300])).toEqual(Uint8Array.of(0x42, 3, 1, 0xac, 2));
  });
});
