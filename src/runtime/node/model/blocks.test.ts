/**
 * Weights that stay in blocks of four and eight bits, against the same weights decoded to float32: at every cut, a
 * prompt and then single tokens, and in less memory.
 */
import { describe, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { createModelHost, type CompilingHost } from "#engine/model/model-host.ts";
import { readTinyShard, TINY, tinyModel, type TinyModel } from "#engine/testing/tiny-model.ts";
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
