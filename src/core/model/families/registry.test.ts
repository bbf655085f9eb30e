/** That the table is the only place, and what it says of caches. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { TINY } from "#engine/testing/tiny-model.ts";
import { FAMILY_NAMES, familyNamed, kvBytesPerPosition, kvOf } from "./registry.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
/** GGUF's names of tokenizers are some families' too. */
const isOthers = (file: string): boolean =>
  /\.tsx?$/.test(file) && !/\.test\.tsx?$|(^|\/)testing\/|^core\/model\/(families|formats\/gguf)\//.test(file);
const sources = ["src", "workers"].flatMap((layer) =>
  readdirSync(join(root, layer), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter(isOthers)
    .map((file) => join(root, layer, file)),
);

describe.each(FAMILY_NAMES)("%s", (name) => {
  const { modelType, className } = familyNamed(name).transformers;

  test("is named nowhere but among the families", () => {
    const named = new RegExp(`\\b(${name}|${modelType}|${className})\\b`, "i");
    expect(sources.length).toBeGreaterThan(200);
    expect(sources.filter((file) => named.test(readFileSync(file, "utf8")))).toEqual([]);
  });
});

test("a position's keys and values in one block are float32 numbers of every key head", () => {
  expect(kvOf(TINY)).toEqual({ kvHeads: TINY.kvHeads, headSize: TINY.headSize });
  expect(kvBytesPerPosition(TINY)).toBe(2 * 4 * TINY.kvHeads * TINY.headSize);
});
