import { expect, test } from "vitest";
import { readWith } from "./read.ts";
import { list, object, oneOf, optional, text, variants, whole } from "./schema.ts";

const schema = object({
  name: text,
  note: optional(text),
  entries: list(variants("kind", object({ kind: oneOf("a"), size: whole(1, 8) }), object({ kind: oneOf("b") }))),
});

test("the first thing that does not fit is named by its path, with what stands there and what should", () => {
  const refused = (value: unknown, key: string, found: string, expected: string) =>
    expect(readWith(schema, value, "file")).toEqual({
      ok: false,
      failure: { code: "bad-value", key, value: found, expected },
    });
  refused(null, "file", "null", "an object");
  refused({ entries: [] }, "file.name", "nothing", "a text");
  refused({ name: "x", note: 3, entries: [] }, "file.note", "3", "a text");
  refused({ name: "x", entries: [{ kind: "c" }] }, "file.entries[0].kind", '"c"', "one of a, b");
  const small = "a whole number from 1 to 8";
  refused({ name: "x", entries: [{ kind: "a", size: 9 }] }, "file.entries[0].size", "9", small);
});

test("keys that are not named are dropped, and one that may be left out is not there then", () => {
  const read = readWith(schema, { name: "x", entries: [{ kind: "b", size: 3 }], more: 1 });
  expect(read).toEqual({ ok: true, value: { name: "x", entries: [{ kind: "b" }] } });
});

test("more faults than can be gathered are a failure, not a crash", () => {
  const read = readWith(
    list(text),
    Array.from({ length: 300_000 }, () => 0),
  );
  expect(read).toMatchObject({ ok: false, failure: { code: "bad-value" } });
});
