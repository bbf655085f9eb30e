import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { referenceLogits } from "#core/reference/reference.ts";
import { storedNumbers } from "#core/model/stored-numbers.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import { TINY, tinyModel } from "#engine/testing/tiny-model.ts";
import { safetensorsOf, TINY_CONFIG, tinyTensors, writeFileOf, type FileTensor } from "../testing/tiny-folder.ts";
import { openModelFolder } from "./model-folder.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cutlayer-model-"));
});
afterEach(() => rm(folder, { recursive: true }));

const writeTensors = (file: string, type: string, all: readonly FileTensor[]): Promise<void> =>
  writeFileOf(folder, file, safetensorsOf(type, all));

async function failureOf(): Promise<unknown> {
  const opened = await openModelFolder(folder);
  return opened.ok ? null : opened.failure;
}

describe("a Hugging Face folder", () => {
  test.each(["F32", "F16", "BF16"] as const)(
    "with %s weights computes what the reference does from the same numbers",
    async (type) => {
      const all = tinyTensors(type);
      await writeFileOf(folder, "config.json", TINY_CONFIG);
      await writeTensors("model.safetensors", type, all);
      const numbers = new Map(all.map(({ name, bytes }) => [name, storedNumbers(type, bytes)]));
      await expectReference((name) => numbers.get(name) ?? new Float64Array());
    },
  );

  test("sharded with an index, untied", async () => {
    const all = tinyTensors("F32", false);
    const [first, second] = [all.slice(0, 9), all.slice(9)];
    await writeFileOf(folder, "config.json", { ...TINY_CONFIG, tie_word_embeddings: false });
    await writeTensors("a.safetensors", "F32", first);
    await writeTensors("b.safetensors", "F32", second);
    const files = [
      ...first.map(({ name }) => [name, "a.safetensors"] as const),
      ...second.map(({ name }) => [name, "b.safetensors"] as const),
    ];
    await writeFileOf(folder, "model.safetensors.index.json", { weight_map: Object.fromEntries<string>(files) });
    await expectReference(tinyModel({ ...TINY, tiedEmbedding: false }).weights);
  });

  async function expectReference(weights: (name: string) => Float64Array): Promise<void> {
    const opened = await openModelFolder(folder);
    if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
    const { manifest, readShard } = opened.value;
    const host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), manifest, readShard);
    const session = await host.open(wholeModel(manifest.architecture), { capacity: 8, kvCache: true });
    const output = await session.step({ kind: "ids", ids: [3, 50, 7] }, 0, "last");
    const expected = referenceLogits(manifest.architecture, weights, [3, 50, 7]).at(-1);
    if (output.kind !== "logits") throw new Error("a whole model gives logits");
    output.logits.forEach((logit, i) => expect(logit).toBeCloseTo(expected?.[i] ?? Number.NaN, 3));
    await session.close();
    await host.close();
  }

  test("the same weights make the same shards and revision, others others", async () => {
    await writeFileOf(folder, "config.json", TINY_CONFIG);
    await writeTensors("model.safetensors", "F32", tinyTensors("F32"));
    const first = await openModelFolder(folder);
    const again = await openModelFolder(folder);
    expect(again.ok && again.value.manifest).toEqual(first.ok && first.value.manifest);
    await writeTensors("model.safetensors", "F16", tinyTensors("F16"));
    const other = await openModelFolder(folder);
    expect(other.ok && other.value.manifest.revision).not.toBe(first.ok && first.value.manifest.revision);
  });
});

describe("trained exits", () => {
  const exit = (depth: number, columns = TINY.hidden): FileTensor[] => [
    { name: `exits.${depth}.norm.weight`, shape: [TINY.hidden], bytes: new Uint8Array(2 * TINY.hidden) },
    {
      name: `exits.${depth}.projection.weight`,
      shape: [TINY.hidden, columns],
      bytes: new Uint8Array(2 * TINY.hidden * columns),
    },
  ];
  beforeEach(async () => {
    await writeFileOf(folder, "config.json", TINY_CONFIG);
    await writeTensors("model.safetensors", "F16", tinyTensors("F16"));
  });

  test("are shards of their own, and part of the revision; without them nothing changes", async () => {
    const without = await openModelFolder(folder);
    await writeTensors("exits.safetensors", "F16", [...exit(3), ...exit(1)]);
    const opened = await openModelFolder(folder);
    if (!opened.ok || !without.ok) throw new Error("a folder that should open");
    const { exits, revision, ...rest } = opened.value.manifest;
    expect(exits?.map(({ depth }) => depth)).toEqual([1, 3]);
    const { revision: before, ...same } = without.value.manifest;
    expect(rest).toEqual(same);
    expect(revision).not.toBe(before);
    for (const { shard } of exits ?? []) expect((await opened.value.readShard(shard)).byteLength).toBe(shard.bytes);
  });

  test.each([
    ["a depth the model has not", exit(5), "behind 5 blocks"],
    ["no exit before the first block", exit(0), "behind 0 blocks"],
    ["a projection of another shape", exit(2, 8), "exits.2.projection.weight is [64, 8]"],
    ["half an exit", exit(2).slice(1), "exits.2.norm.weight is missing"],
  ])("%s is refused", async (_, all, what) => {
    await writeTensors("exits.safetensors", "F16", all);
    expect(await failureOf()).toMatchObject({
      code: "model-broken",
      file: "exits.safetensors",
      what: expect.stringContaining(what) as string,
    });
  });
});

test("a house model's shards are the bytes of its file", async () => {
  const opened = await openModelFolder(new URL("../../../../public/models/concierge-1m", import.meta.url).pathname);
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const { manifest, readShard } = opened.value;
  const file = await readFile(new URL("../../../../public/models/concierge-1m/model.safetensors", import.meta.url));
  expect(manifest.parameters).toBe(1_262_720);
  expect(file.includes(Buffer.from(await readShard(manifest.embedding)))).toBe(true);
});
