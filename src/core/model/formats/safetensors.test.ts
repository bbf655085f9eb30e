import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSafetensors } from "./safetensors.ts";

/** A file's head, with the size the whole file would have. */
function fileOf(header: unknown, dataBytes: number): { head: Uint8Array; fileBytes: number } {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + json.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true);
  head.set(json, 8);
  return { head, fileBytes: head.length + dataBytes };
}

const read = (header: unknown, dataBytes: number) => {
  const { head, fileBytes } = fileOf(header, dataBytes);
  return readSafetensors("m", "f", head, fileBytes);
};

describe("readSafetensors", () => {
  test("gives each tensor's place in the file, whatever the names are written in", () => {
    const result = read(
      {
        __metadata__: { format: "pt" },
        "größe.weight": { dtype: "F16", shape: [2, 3], data_offsets: [4, 16] },
        b: { dtype: "BF16", shape: [2], data_offsets: [0, 4] },
      },
      16,
    );
    if (!result.ok) throw new Error("refused");
    expect([...result.value.tensors.keys()]).toEqual(["größe.weight", "b"]);
    expect(result.value.tensors.get("b")?.bytes).toBe(4);
  });

  test("leaves out types there is no use for", () => {
    const result = read({ a: { dtype: "I64", shape: [1], data_offsets: [0, 8] } }, 8);
    expect(result.ok && result.value.tensors.size).toBe(0);
    expect(result.ok && result.value.unread.get("a")).toBe("I64");
  });

  test.each([
    ["a truncated file", { a: { dtype: "F32", shape: [4], data_offsets: [0, 16] } }, 12, "ends at byte"],
    [
      "a size that does not follow from the shape",
      { a: { dtype: "F32", shape: [4], data_offsets: [0, 12] } },
      16,
      "needs 16",
    ],
    ["offsets that run backwards", { a: { dtype: "F32", shape: [0], data_offsets: [8, 4] } }, 16, "ends at byte"],
    ["a shape of no numbers", { a: { dtype: "F32", shape: "4", data_offsets: [0, 16] } }, 16, "no shape"],
    ["a header that is no object", [1, 2], 0, "not a JSON object"],
  ])("%s is refused", (_, header, dataBytes, what) => {
    const result = read(header, dataBytes);
    expect(result.ok ? null : result.failure).toMatchObject({
      code: "model-broken",
      what: expect.stringContaining(what) as string,
    });
  });

  test("a header longer than the file, or a file shorter than a prefix, is refused", () => {
    const { head } = fileOf({}, 0);
    expect(readSafetensors("m", "f", head, head.length - 1).ok).toBe(false);
    expect(readSafetensors("m", "f", new Uint8Array(5), 5).ok).toBe(false);
  });

  test("a pointer of Git LFS in place of the weights is called what it is", () => {
    const pointer = new TextEncoder().encode(
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    );
    const result = readSafetensors("m", "f", pointer, pointer.length);
    expect(result.ok ? null : result.failure).toMatchObject({
      code: "model-broken",
      advice: expect.stringContaining("git lfs pull") as string,
    });
  });

  test("no bytes at all make it throw", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(1000),
        (bytes, size) => typeof readSafetensors("m", "f", bytes, size).ok === "boolean",
      ),
    );
  });
});
