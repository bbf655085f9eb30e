/** The GGUF file, read back by a reader that knows nothing of the writer. llama.cpp's own verdict is `npm run bench:floor -- --only llama`. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { unwrap } from "#core/run/failure.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { ggufOf, interleaved } from "./gguf.ts";

interface Read {
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly tensors: readonly {
    readonly name: string;
    readonly dims: readonly number[];
    readonly type: number;
    readonly offset: number;
  }[];
  readonly dataFrom: number;
}

function read(bytes: Uint8Array): Read {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 4;
  const u32 = (): number => view.getUint32((at += 4) - 4, true);
  const u64 = (): number => Number(view.getBigUint64((at += 8) - 8, true));
  const string = (): string => {
    const length = u64();
    at += length;
    return new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  const value = (type: number): unknown => {
    if (type === 8) return string();
    if (type === 4 || type === 5) return u32();
    if (type === 6) return view.getFloat32((at += 4) - 4, true);
    if (type === 7) return bytes[at++] !== 0;
    if (type !== 9) throw new Error(`a value of type ${type}`);
    const [of, count] = [u32(), u64()];
    return Array.from({ length: count }, () => value(of));
  };
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== "GGUF" || u32() !== 3) throw new Error("no GGUF 3");
  const [tensorCount, valueCount] = [u64(), u64()];
  const metadata = new Map(Array.from({ length: valueCount }, () => [string(), value(u32())] as const));
  const tensors = Array.from({ length: tensorCount }, () => ({
    name: string(),
    dims: Array.from({ length: u32() }, u64),
    type: u32(),
    offset: u64(),
  }));
  return { metadata, tensors, dataFrom: Math.ceil(at / 32) * 32 };
}

describe("a house model as GGUF", async () => {
  const folder = unwrap(
    await openModelFolder(fileURLToPath(new URL("../public/models/concierge-1m", import.meta.url))),
  );
  const a = folder.manifest.architecture;
  const bytes = await ggufOf(folder, "f32");
  const { metadata, tensors, dataFrom } = read(bytes);

  test("says what its config says, and has every token", () => {
    expect(metadata.get("llama.block_count")).toBe(a.blocks);
    expect(metadata.get("llama.attention.head_count_kv")).toBe(a.kvHeads);
    expect(metadata.get("llama.rope.freq_base")).toBe(a.rope?.theta);
    expect(metadata.get("tokenizer.ggml.tokens")).toHaveLength(a.vocabulary);
    expect(metadata.get("tokenizer.ggml.tokens")).toContain("<|end|>");
  });

  test("has every tensor once, aligned, one behind the other, to the file's end", () => {
    expect(tensors).toHaveLength(2 + 9 * a.blocks + (a.tiedEmbedding ? 0 : 1));
    let end = 0;
    for (const { dims, offset, type } of tensors) {
      expect([type, offset % 32, offset]).toEqual([0, 0, Math.ceil(end / 32) * 32]);
      end = offset + 4 * dims.reduce((product, size) => product * size, 1);
    }
    expect(bytes.byteLength).toBe(dataFrom + Math.ceil(end / 32) * 32);
    expect(tensors[0]).toMatchObject({ name: "token_embd.weight", dims: [a.hidden, a.vocabulary] });
  });

  test("in float16 the matrices take half, and the norms stay", async () => {
    const halves = read(await ggufOf(folder, "f16"));
    expect(halves.tensors.map(({ type, dims }) => [type, dims.length])).toEqual(
      halves.tensors.map(({ dims }) => [dims.length === 1 ? 0 : 1, dims.length]),
    );
  });
});

test("rows of a head's halves are interleaved", () => {
  const tensor = { name: "q", shape: [8, 1], values: Float64Array.from([0, 1, 2, 3, 10, 11, 12, 13]) };
  expect([...interleaved(tensor, 2).values]).toEqual([0, 2, 1, 3, 10, 12, 11, 13]);
});
