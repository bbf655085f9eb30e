/**
 * Every family against transformers: tiny random models whose logits PyTorch computed once
 * (tools/families/golden.py), at every cut, in prefill, decode and after a rewind; and against the
 * family's own float64 reference.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Segment } from "#core/model/architecture.ts";
import { FAMILY_NAMES, familyNamed, familyOf } from "#core/model/families/registry.ts";
import { readConfig } from "#core/model/read-config.ts";
import { rotaryTables } from "#core/model/rotary.ts";
import { pieceRow } from "#core/onnx/piece-graph.ts";
import { ROTARY, rotaryBytes, rotaryWeights } from "#core/onnx/rotary-weights.ts";
import { weightsOfShards } from "#core/onnx/shard-weights.ts";
import { referenceLogits } from "#core/reference/reference.ts";
import { unwrap } from "#core/run/failure.ts";
import { rowProgram } from "#core/wasm/row-program.ts";
import { createModelHost, type CompilingHost } from "#engine/model/model-host.ts";
import type { Runtime, SegmentOutput, SegmentSession } from "#engine/ports.ts";
import { namedModel, readTinyShard } from "#engine/testing/tiny-model.ts";
import { nodeRuntime } from "./onnx-runtime.ts";
import { rowMemory } from "#core/wasm/web-assembly.ts";

interface Golden {
  readonly family: string;
  readonly name: string;
  readonly config: unknown;
  readonly ids: readonly number[];
  /** Base64 of float32 [positions, vocabulary]. */
  readonly logits: string;
}

const { cases } = JSON.parse(readFileSync(new URL("families.golden.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Golden[];
};

/** Of a logit's size, and of 1 where it is smaller. */
const TOLERANCE = 1e-4;
const PROMPT = 9;

test("every family has its cases", () => {
  expect([...new Set(cases.map(({ family }) => family))].toSorted()).toEqual(
    FAMILY_NAMES.map((name) => familyNamed(name).transformers.modelType).toSorted(),
  );
});

describe.each(cases)("$family, $name", ({ family, config, ids, logits }) => {
  const architecture = unwrap(readConfig("tiny", config));
  const model = namedModel(architecture);
  const { vocabulary, blocks } = architecture;
  const golden = new Float32Array(Uint8Array.from(Buffer.from(logits, "base64")).buffer);
  const at = (from: number, to = from + 1): Float32Array => golden.subarray(from * vocabulary, to * vocabulary);

  test("is read as its own family, and the reference computes what transformers does", () => {
    expect(familyOf(architecture).transformers.modelType).toBe(family);
    const rows = referenceLogits(architecture, model.weights, ids);
    expectClose(
      rows.flatMap((row) => [...row]),
      golden,
      "reference",
    );
  });

  test("prefill, decode and a rewind give transformers' logits at every cut", async () => {
    await withHost(await nodeRuntime({ backend: "cpu", threads: 1 }), async (host) => {
      for (let cut = 0; cut <= blocks; cut++) await withCut(host, cut, (step) => expectSteps(step, `cut ${cut}`));
    });
  });

  test("so do a graph for each block, and one without a past", async () => {
    await withHost(await nodeRuntime({ backend: "cpu", threads: 1, grain: "block" }), async (host) => {
      await withCut(host, 1, (step) => expectSteps(step, "a graph a block"));
      const session = await host.open(wholeOf(blocks), { capacity: ids.length, kvCache: false });
      expectClose(logitsOf(await session.step({ kind: "ids", ids }, 0, "all")), golden, "without a past");
      await session.close();
    });
  });

  test("so do a prompt, a token, a window and what enters at a cut, in one pass", async () => {
    await withHost(await nodeRuntime({ backend: "cpu", threads: 1 }), async (host) => {
      const whole = wholeOf(blocks);
      const options = { capacity: ids.length, kvCache: true };
      const open = (from = 0): Promise<SegmentSession> => host.open({ ...whole, embedding: from === 0, from }, options);
      const [prompt, token, window, entering, device] = await Promise.all([
        open(),
        open(),
        open(),
        open(1),
        host.open({ ...whole, to: 1, head: false }, options),
      ]);
      expect([prompt, token, window, entering].every(({ batches }) => batches)).toBe(true);
      for (const session of [token, window]) await session.step({ kind: "ids", ids: ids.slice(0, PROMPT) }, 0, "none");
      await window.step({ kind: "ids", ids: [1, 2, 3] }, PROMPT, "last"); // drafted in vain
      const between = hiddenOf(await device.step({ kind: "ids", ids: ids.slice(0, PROMPT) }, 0, "all"));
      const [all, last, windowed, cut] = await Promise.all([
        prompt.step({ kind: "ids", ids }, 0, "all"),
        token.step({ kind: "ids", ids: ids.slice(PROMPT, PROMPT + 1) }, PROMPT, "last"),
        window.step({ kind: "ids", ids: ids.slice(PROMPT, PROMPT + 4) }, PROMPT, "all"),
        entering.step(between, 0, "last"),
      ]);
      expectClose(logitsOf(all), golden, "a prompt");
      expectClose(logitsOf(last), at(PROMPT), "a token");
      expectClose(logitsOf(windowed), at(PROMPT, PROMPT + 4), "a window");
      expectClose(logitsOf(cut), at(PROMPT - 1), "at a cut");
      for (const session of [prompt, token, window, entering, device]) await session.close();
    });
  });

  test("every piece has a program for one row", () => {
    const memory = rowMemory("edge");
    const tables = rotaryTables(architecture);
    const rotary = { kind: "weights", ...rotaryWeights(tables) } as const;
    const weights = new Map(model.shards).set(ROTARY, rotaryBytes(tables));
    const [shards, numbers] = [
      weightsOfShards(model.manifest),
      Array.from({ length: blocks + 1 }, (_, index) => index),
    ];
    const programs = numbers.map((index) =>
      rowProgram(memory, pieceRow(architecture, shards, rotary, { index, before: true, after: true }), weights),
    );
    expect(programs.every((program) => program !== null)).toBe(true);
  });

  async function expectSteps(step: Step, where: string): Promise<void> {
    expectClose(await step(ids.slice(0, PROMPT), 0), at(0, PROMPT), `${where}, prefill`);
    await step([1, 2, 3], PROMPT); // drafted in vain
    expectClose(await step(ids.slice(PROMPT, PROMPT + 2), PROMPT), at(PROMPT, PROMPT + 2), `${where}, after a rewind`);
    for (let position = PROMPT + 2; position < ids.length; position++)
      expectClose(await step(ids.slice(position, position + 1), position), at(position), `${where}, at ${position}`);
  }

  async function withHost(runtime: Runtime, body: (host: CompilingHost) => Promise<void>): Promise<void> {
    const host = createModelHost(runtime, model.manifest, readTinyShard(model));
    await body(host);
    await host.close();
    await runtime.close();
  }
});

type Step = (ids: readonly number[], position: number) => Promise<Float32Array>;

const wholeOf = (blocks: number): Segment => ({ embedding: true, from: 0, to: blocks, head: true });

/** Blocks up to the cut in one session, the others in another. */
async function withCut(host: CompilingHost, cut: number, body: (step: Step) => Promise<void>): Promise<void> {
  const options = { capacity: 32, kvCache: true };
  const whole = wholeOf(host.manifest.architecture.blocks);
  const device = await host.open({ ...whole, to: cut, head: false }, options);
  const edge = await host.open({ ...whole, embedding: false, from: cut }, options);
  await body(async (ids, position) => {
    const between = hiddenOf(await device.step({ kind: "ids", ids }, position, "all"));
    return logitsOf(await edge.step(between, position, "all"));
  });
  await device.close();
  await edge.close();
}

function logitsOf(output: SegmentOutput): Float32Array {
  if (output.kind !== "logits") throw new Error("a segment with a head gives logits");
  return output.logits;
}

function hiddenOf(output: SegmentOutput): Extract<SegmentOutput, { kind: "hidden" }> {
  if (output.kind !== "hidden") throw new Error("a device's part gives hidden states");
  return output;
}

function expectClose(got: ArrayLike<number>, wanted: Float32Array, where: string): void {
  expect(got.length, where).toBe(wanted.length);
  const off = wanted.map((value, i) => Math.abs((got[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value)));
  expect(Math.max(...off), where).toBeLessThanOrEqual(TOLERANCE);
}
