/**
 * Weights that stay in blocks of four and eight bits, against the same weights decoded to float32: at every cut, a
 * prompt and then single tokens, and in less memory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { createModelHost, type CompilingHost } from "#engine/model/model-host.ts";
import { readTinyShard, TINY, tinyModel, type TinyModel } from "#engine/testing/tiny-model.ts";
import { quantise } from "#core/model/quantise.ts";
import { storedFloats } from "#core/model/stored-numbers.ts";
import { unwrap } from "#core/run/failure.ts";
import { safetensorsOf, TINY_CONFIG, tinyTensors, writeFileOf, writeTinyFolder } from "../testing/tiny-folder.ts";
import { openModelFolder } from "./model-folder.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

const IDS = [5, 17, 96, 3, 44, 8, 61];
const PROMPT = 4;

/** With one thread single tokens are computed by programs of one row, else by the graphs. */
async function hostOf(model: TinyModel, blocks: boolean, threads = 1): Promise<CompilingHost> {
  return createModelHost(await nodeRuntime({ backend: "cpu", threads, blocks }), model.manifest, readTinyShard(model));
}

/** Of the whole model: all of the prompt's logits, then those of each further token. */
async function logitsAt(host: CompilingHost, cut: number): Promise<number[]> {
  const options = { capacity: 16, kvCache: true };
  const whole = wholeModel(host.manifest.architecture);
  const device = await host.open({ ...whole, to: cut, head: false }, options);
  const edge = await host.open({ ...whole, embedding: false, from: cut }, options);
  const found: number[] = [];
  const steps = [IDS.slice(0, PROMPT), ...IDS.slice(PROMPT).map((id) => [id])];
  let position = 0;
  for (const ids of steps) {
    const between = await device.step({ kind: "ids", ids }, position, "all");
    if (between.kind !== "hidden") throw new Error("a device's part gives hidden states");
    const output = await edge.step(between, position, "all");
    if (output.kind !== "logits") throw new Error("a segment with a head gives logits");
    found.push(...output.logits);
    position += ids.length;
  }
  await device.close();
  await edge.close();
  return found;
}

const furthest = (got: readonly number[], wanted: readonly number[]): number =>
  Math.max(...wanted.map((value, i) => Math.abs((got[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value))));

const TYPES = [
  ["Q4_0", 0.625, 0.625],
  ["Q4_1", 0.75, 0.75],
  ["Q8_0", 1.375, 1.125],
] as const;

describe.each(TYPES)("%s", (type, graphBytes, rowBytes) => {
  test.each([true, false])("computes what the decoded weights do, tied head: %s", async (tiedEmbedding) => {
    const model = tinyModel({ ...TINY, tiedEmbedding }, 7, type);
    const [packed, decoded] = [await hostOf(model, true), await hostOf(model, false)];
    const wanted = await logitsAt(decoded, 0);
    for (let cut = 0; cut <= TINY.blocks; cut++)
      expect(furthest(await logitsAt(packed, cut), wanted), `cut ${cut}`).toBeLessThanOrEqual(1e-4);
    const graphs = await hostOf(model, true, 2);
    expect(furthest(await logitsAt(graphs, 1), wanted), "by graphs alone").toBeLessThanOrEqual(1e-4);
    const off = await hostOf(tinyModel({ ...TINY, tiedEmbedding }, 8, type), true);
    expect(furthest(await logitsAt(off, 0), wanted), "other weights give other logits").toBeGreaterThan(1e-2);
    for (const host of [packed, decoded, graphs, off]) await host.close();
  });

  test("is held in the bytes of its blocks", async () => {
    const model = tinyModel(TINY, 7, type);
    const { manifest } = model;
    const tensors = [manifest.embedding, ...manifest.blocks].flatMap((shard) => shard.tensors);
    const matrices = tensors.filter(({ shape }) => shape.length === 2);
    const numbers = matrices.reduce((sum, { shape: [rows = 0, columns = 0] }) => sum + rows * columns, 0);
    const upToFour = (4 - (TINY.vocabulary % 4)) * TINY.hidden;
    const norms = 4 * 2 * TINY.blocks * TINY.hidden;
    const angles = 4 * TINY.context * TINY.headSize;
    const inGraphs = graphBytes * numbers + norms;
    for (const [threads, bytes] of [
      [2, inGraphs],
      [1, inGraphs + rowBytes * (numbers + upToFour) + norms + angles],
    ] as const) {
      const host = await hostOf(model, true, threads);
      const session = await host.open({ ...wholeModel(TINY), head: false }, { capacity: 8, kvCache: true });
      expect(host.memory().weightBytes).toBe(bytes);
      await session.close();
      await host.close();
    }
  });
});

describe("blocks that are made of a checkpoint in floats", () => {
  const waves = Float32Array.from({ length: 32 * 200 }, (_, i) => Math.sin(1.3 * i) * Math.exp(Math.cos(0.01 * i * i)));
  const error = (type: "Q4_0" | "Q8_0", values: Float32Array): number =>
    storedFloats(type, quantise(type, values)).reduce((sum, value, i) => sum + (value - (values[i] ?? 0)) ** 2, 0);

  test("are near: eight bits within half a step, four nearer than at the largest number's own scale", () => {
    const eight = storedFloats("Q8_0", quantise("Q8_0", waves));
    for (let from = 0; from < waves.length; from += 32) {
      const numbers = waves.subarray(from, from + 32);
      const step = Math.max(...numbers.map(Math.abs)) / 127;
      numbers.forEach((value, i) => expect(Math.abs(value - (eight[from + i] ?? 0))).toBeLessThanOrEqual(0.57 * step));
    }
    const plain = waves.map((value, i) => {
      const block = waves.subarray(i - (i % 32), i - (i % 32) + 32);
      const largest = block.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
      const scale = largest / -8;
      return value - scale * Math.min(7, Math.max(-8, Math.round(value / scale)));
    });
    expect(error("Q4_0", waves)).toBeLessThan(0.97 * plain.reduce((sum, value) => sum + value ** 2, 0));
    expect(error("Q4_0", new Float32Array(32))).toBe(0);
  });

  test.each([
    ["q8", "Q8_0", 2e-2],
    ["q4", "Q4_0", 3e-1],
  ] as const)(
    "%s: shards have them, any part alone, and scores are about those of the floats",
    async (precision, type, most) => {
      const path = await mkdtemp(join(tmpdir(), "cutlayer-"));
      await writeTinyFolder(path);
      const [made, plain] = [unwrap(await openModelFolder(path, precision)), unwrap(await openModelFolder(path))];
      for (const { tensors } of [made.manifest.embedding, ...made.manifest.blocks])
        for (const tensor of tensors) expect(tensor.type).toBe(tensor.shape.length === 2 ? type : "F32");
      expect(made.manifest.revision).not.toBe(plain.manifest.revision);
      const [shard = made.manifest.norm] = made.manifest.blocks;
      const whole = await made.readShard(shard);
      for (const [from, to] of [
        [1, 2],
        [17, 19],
        [100, 1000],
        [shard.bytes - 50, shard.bytes],
      ] as const)
        expect(await made.readPart(shard, from, to)).toEqual(whole.slice(from, to));
      const runtime = (): ReturnType<typeof nodeRuntime> => nodeRuntime({ backend: "cpu", threads: 1 });
      const [host, reference] = [
        createModelHost(await runtime(), made.manifest, made.readShard),
        createModelHost(await runtime(), plain.manifest, plain.readShard),
      ];
      const [got, wanted] = [await logitsAt(host, 2), await logitsAt(reference, 2)];
      const squares = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value ** 2, 0);
      const off = Math.sqrt(squares(got.map((value, i) => value - (wanted[i] ?? Number.NaN))) / squares(wanted));
      expect(off).toBeLessThan(most);
      expect(off).toBeGreaterThan(most / 10);
      await host.close();
      await reference.close();
      await rm(path, { recursive: true });
    },
  );

  test("of blocks, and of rows that are no whole blocks, there are none: refused by name", async () => {
    const gguf = fileURLToPath(new URL("gguf-golden/llama.gguf", import.meta.url));
    expect(await openModelFolder(gguf, "q4")).toMatchObject({
      failure: {
        code: "model-unsupported",
        what: "precision q4",
        advice: expect.stringContaining("--precision") as string,
      },
    });
    expect((await openModelFolder(gguf, "f32")).ok).toBe(true);
    const path = await mkdtemp(join(tmpdir(), "cutlayer-"));
    const narrow = tinyTensors("F32").map(({ name, shape }) => {
      const own = shape.map((length) => (length === TINY.hidden ? 48 : length === TINY.intermediate ? 80 : length));
      const numbers = own.reduce((product, length) => product * length, 1);
      return { name, shape: own, bytes: new Uint8Array(4 * numbers) };
    });
    const heads = {
      hidden_size: 48,
      intermediate_size: 80,
      head_dim: 16,
      num_attention_heads: 3,
      num_key_value_heads: 1,
    };
    await writeFileOf(path, "config.json", { ...TINY_CONFIG, ...heads });
    const odd = narrow.map(({ name, bytes, shape }) => {
      const rows = /[kv]_proj/.test(name) ? 16 : shape[0];
      const own = shape.length === 2 ? [rows ?? 0, shape[1] ?? 0] : shape;
      return { name, shape: own, bytes: bytes.subarray(0, 4 * own.reduce((product, length) => product * length, 1)) };
    });
    await writeFileOf(path, "model.safetensors", safetensorsOf("F32", odd));
    expect(await openModelFolder(path, "q8")).toMatchObject({
      failure: { code: "model-unsupported", what: "precision q8", found: expect.stringContaining("32") as string },
    });
    expect((await openModelFolder(path)).ok).toBe(true);
    await rm(path, { recursive: true });
  });
});
