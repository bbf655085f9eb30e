/**
 * GGUF files against what others make of them: blocks as gguf-py decodes them, to the last bit; tiny models
 * of every family written by gguf-py, with the logits and tokens of transformers (tools/models/gguf_golden.py).
 */
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { GGUF_FAMILIES } from "#core/model/families/registry.ts";
import { tensorType } from "#core/model/formats/gguf/types.ts";
import { storedNumbers } from "#core/model/stored-numbers.ts";
import { Failed, unwrap } from "#core/run/failure.ts";
import { createModelHost, type CompilingHost } from "#engine/model/model-host.ts";
import { openModelFolder } from "./model-folder.ts";
import { nodeRuntime } from "./onnx-runtime.ts";
import { openTokenizer } from "./tokenizer.ts";

interface Golden {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  readonly blocks: readonly { readonly type: string; readonly data: string; readonly values: string }[];
  readonly models: readonly {
    readonly name: string;
    readonly logits: string;
    readonly texts: readonly (readonly number[])[];
  }[];
}

const FOLDER = new URL("gguf-golden/", import.meta.url);
const golden = JSON.parse(readFileSync(new URL("golden.json", FOLDER), "utf8")) as Golden;
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));
const floatsOf = (text: string): Float32Array => new Float32Array(bytesOf(text).buffer);
const open = async (name: string) => unwrap(await openModelFolder(fileURLToPath(new URL(`${name}.gguf`, FOLDER))));

test.each(golden.blocks)("blocks of $type are decoded to the same bits", ({ type, data, values }) => {
  const number = Array.from({ length: 40 }, (_, i) => i).find((i) => typeNameIs(i, type));
  const found = tensorType(number ?? -1) ?? expect.fail(`${type} is not read`);
  const wanted = floatsOf(values);
  const read = new Float32Array(wanted.length);
  if ("encoding" in found) found.encoding.decode(bytesOf(data), read);
  else read.set(storedNumbers(found.stored, bytesOf(data)));
  expect(read).toEqual(wanted);
});

function typeNameIs(number: number, name: string): boolean {
  const type = tensorType(number);
  return type !== null && ("encoding" in type ? type.encoding.name : type.stored) === name;
}

test("every family that has such files has a model here, but for one that transformers does not read", async () => {
  const opened = await Promise.all(golden.models.map(({ name }) => open(name)));
  const tried = new Set(opened.map(({ manifest }) => manifest.architecture.family));
  const untried = GGUF_FAMILIES.map(({ gguf }) => gguf.architecture).filter((name) => !tried.has(name));
  expect(untried).toEqual(["smollm3"]);
});

describe.each(golden.models)("$name", ({ name, logits, texts }) => {
  test("computes transformers' logits at every cut", async () => {
    const { manifest, readShard } = await open(name);
    const host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), manifest, readShard);
    const wanted = floatsOf(logits);
    for (let cut = 0; cut <= manifest.architecture.blocks; cut++) {
      const got = await logitsAt(host, cut);
      const off = wanted.map((value, i) => Math.abs((got[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value)));
      expect(Math.max(...off), `cut ${cut}`).toBeLessThanOrEqual(1e-4);
    }
    await host.close();
  });

  test("makes the same tokens of texts", async () => {
    const tokenizer = await openTokenizer(await open(name));
    expect(golden.texts.map((text) => tokenizer.encode(text))).toEqual(texts);
    for (const text of golden.texts) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});

describe("files in parts, and several in a folder", () => {
  const part = (number: number): string => fileURLToPath(new URL(`llama-split-0000${number}-of-00003.gguf`, FOLDER));

  test("any part opens the whole model, the same as in one file", async () => {
    const whole = (await open("llama")).manifest;
    for (const number of [1, 3]) {
      const { manifest } = unwrap(await openModelFolder(part(number)));
      expect(manifest.name).toBe("llama-split");
      expect({ ...manifest, name: "", revision: "" }).toEqual({ ...whole, name: "", revision: "" });
    }
  });

  test("a missing part is named, and of several models none is chosen", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cutlayer-gguf-"));
    for (const number of [1, 3]) await copyFile(part(number), join(folder, basename(part(number))));
    expect(await openModelFolder(folder)).toMatchObject({
      failure: { code: "model-broken", file: "llama-split-00002-of-00003.gguf" },
    });
    await copyFile(fileURLToPath(new URL("gpt2.gguf", FOLDER)), join(folder, "gpt2.gguf"));
    expect(await openModelFolder(folder)).toMatchObject({
      failure: { what: "choice of GGUF files", advice: expect.stringContaining("--model FOLDER/gpt2.gguf") as string },
    });
    await rm(folder, { recursive: true });
  });
});

test("whatever is changed in its head, a file opens or is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cutlayer-gguf-"));
  const bytes = readFileSync(new URL("qwen3.gguf", FOLDER));
  const headBytes = bytes.indexOf("blk.1.ffn_down.weight");
  const change = fc.record({ at: fc.nat(headBytes), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const changed = Uint8Array.from(bytes);
      for (const { at, value } of changes) changed[at] = value;
      await writeFile(join(folder, "m.gguf"), changed);
      const opened = await openModelFolder(join(folder, "m.gguf"));
      if (!opened.ok) return;
      const read = await openTokenizer(opened.value).catch((thrown: unknown) => thrown);
      expect(read instanceof Error && !(read instanceof Failed)).toBe(false);
    }),
    { numRuns: 150 },
  );
  await rm(folder, { recursive: true });
}, 60_000);

/** Prefill of all but three, then one at a time, in two sessions. */
async function logitsAt(host: CompilingHost, cut: number): Promise<number[]> {
  const options = { capacity: 16, kvCache: true };
  const whole = wholeModel(host.manifest.architecture);
  const device = await host.open({ ...whole, to: cut, head: false }, options);
  const edge = await host.open({ ...whole, embedding: false, from: cut }, options);
  const found: number[] = [];
  const { ids } = golden;
  for (const [from, to] of [
    [0, ids.length - 3],
    ...[3, 2, 1].map((left) => [ids.length - left, ids.length - left + 1]),
  ]) {
    const between = await device.step({ kind: "ids", ids: ids.slice(from, to) }, from ?? 0, "all");
    if (between.kind !== "hidden") throw new Error("a device's part gives hidden states");
    const output = await edge.step(between, from ?? 0, "all");
    if (output.kind !== "logits") throw new Error("a segment with a head gives logits");
    found.push(...output.logits);
  }
  await device.close();
  await edge.close();
  return found;
}
