import { describe, expect, test } from "vitest";
import { list, nullable, number, object, oneOf, optional, record, text, variants } from "./schema.ts";
import { readWith } from "./read.ts";
import { readStrictly } from "./strict.ts";

const shape = object({
  name: text,
  many: optional(list(object({ size: number }))),
  maybe: nullable(object({ a: text })),
});

const refusal = (schema: Parameters<typeof readStrictly>[0], value: unknown) => {
  const read = readStrictly(schema, value, "it");
  return read.ok ? null : read.failure;
};

describe("strict reading", () => {
  test("refuses what lenient reading drops, with the nearest right name first", () => {
    const given = { name: "x", maybe: null, manny: [] };
    expect(readWith(shape, given)).toMatchObject({ ok: true });
    expect(refusal(shape, given)).toMatchObject({
      code: "unknown-key",
      of: "it",
      key: "manny",
      known: ["many", "maybe", "name"],
    });
  });

  test("looks into lists, and behind null and optional", () => {
    expect(refusal(shape, { name: "x", maybe: null, many: [{ size: 1 }, { size: 1, sise: 2 }] })).toMatchObject({
      of: "it.many[1]",
      key: "sise",
    });
    expect(refusal(shape, { name: "x", maybe: { a: "", b: "" } })).toMatchObject({ of: "it.maybe", key: "b" });
  });

  test("a misspelt key is named before the one that is missing for it", () => {
    expect(refusal(object({ kind: text, atToken: number }), { kind: "x", atTokn: 3 })).toMatchObject({
      code: "unknown-key",
      known: ["atToken", "kind"],
    });
  });

  test("of variants the one that the tag names knows its own keys", () => {
    const either = variants("kind", object({ kind: oneOf("a"), x: text }), object({ kind: oneOf("b"), y: text }));
    expect(refusal(either, { kind: "b", y: "" })).toBeNull();
    expect(refusal(either, { kind: "b", y: "", x: "" })).toMatchObject({ key: "x", known: ["y", "kind"] });
    expect(refusal(either, { kind: "c", z: "" })).toMatchObject({ code: "bad-value" });
  });

  test("a record has the keys that it lists", () => {
    expect(refusal(record(["cut", "codec"], text, "settings"), { cutt: "4" })).toMatchObject({
      code: "unknown-key",
      known: ["cut", "codec"],
    });
  });
});
