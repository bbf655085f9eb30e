import { expect, test } from "vitest";
import { readWith } from "./read.ts";
import { list, object, oneOf, optional, ruled, text, variants, whole } from "./schema.ts";

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

test("a rule between the parts of a value names the part that breaks it, once the parts themselves fit", () => {
  const sized = ruled(object({ most: whole(0), sizes: list(whole(0)) }), ({ most, sizes }) => {
    const past = sizes.findIndex((size) => size > most);
    return past < 0 ? null : { at: ["sizes", past], found: sizes[past], expected: `at most ${most}` };
  });
  expect(readWith(sized, { most: 2, sizes: [1, 2] })).toMatchObject({ ok: true });
  const refused = (value: unknown) => readWith(list(sized), [value], "all");
  expect(refused({ most: 2, sizes: [1, 3] })).toEqual({
    ok: false,
    failure: { code: "bad-value", key: "all[0].sizes[1]", value: "3", expected: "at most 2" },
  });
  expect(refused({ most: 2, sizes: [3, "x"] })).toMatchObject({ failure: { key: "all[0].sizes[1]", value: '"x"' } });
});
