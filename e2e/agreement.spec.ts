/**
 * However the model is cut, greedy decoding gives edge-only's tokens: both house models, cuts at
 * both ends and between, five requests, float32. And what is not exact is reported as such.
 */
import { expect, test, type Page } from "@playwright/test";
import type { RunConfig } from "#core/run/config.ts";
import { goodRun, models, PROMPTS } from "./lab.ts";
import { sharedLab } from "./shared-lab.ts";

const MODELS = ["concierge-10m", "concierge-1m"] as const;
const greedy = { codec: "f32", temperature: 0, link: "loopback" } as const;

/** k in {0, 1, a third, L - 1, L}. */
const cutsOf = (blocks: number): readonly number[] => [...new Set([0, 1, Math.floor(blocks / 3), blocks - 1, blocks])];

async function blocksOf(page: Page, model: string): Promise<number> {
  const found = (await models(page)).find(({ name }) => name === model);
  expect(found, `${model} is offered`).toBeDefined();
  return found?.blocks ?? 0;
}

function variants(blocks: number): readonly Partial<RunConfig>[] {
  const cuts = cutsOf(blocks);
  return [
    { mode: "device-only" },
    ...cuts.map((cut) => ({ mode: "split", cut }) as const),
    // The device keeps the last block, and something must be left for the edge.
    ...cuts.filter((cut) => cut + 1 < blocks).map((cut) => ({ mode: "u-split", cut, tail: 1 }) as const),
  ];
}

for (const model of MODELS) {
  test(`${model}: every strategy at every cut gives edge-only's greedy tokens (wasm)`, async ({ browser }) => {
    test.setTimeout(300_000);
    const page = await sharedLab(browser);
    const blocks = await blocksOf(page, model);
    for (const prompt of PROMPTS) {
      const base = { ...greedy, model, prompt, backend: "wasm", maxTokens: 10 } as const;
      const reference = await goodRun(page, { ...base, mode: "edge-only" });
      for (const variant of variants(blocks)) {
        const record = await goodRun(page, { ...base, ...variant });
        const name = `${JSON.stringify(variant)} on "${prompt}"`;
        expect.soft(record.tokenIds, name).toEqual(reference.tokenIds);
        expect.soft(record.agreement, name).toMatchObject({ kind: "checked", exact: true });
      }
    }
  });
}

test("other clients on the edge change no token, and hear what they should (wasm)", async ({ browser }) => {
  const page = await sharedLab(browser);
  const base = {
    ...greedy,
    model: "concierge-10m",
    prompt: PROMPTS[0],
    backend: "wasm",
    threads: 1,
    maxTokens: 10,
    link: "rtt:5",
  } as const;
  const reference = await goodRun(page, { ...base, mode: "edge-only" });
  for (const variant of [
    { mode: "edge-only" },
    { mode: "split", cut: 6 },
    { mode: "speculative", windows: 2 },
  ] as const) {
    const record = await goodRun(page, { ...base, ...variant, clients: 4 });
    expect.soft(record.tokenIds, variant.mode).toEqual(reference.tokenIds);
    expect
      .soft(
        record.simulated?.map(({ same }) => same),
        variant.mode,
      )
      .toEqual([true, true, true]);
    expect.soft(Math.min(...(record.simulated ?? []).map(({ ttftMs }) => ttftMs)), variant.mode).toBeGreaterThan(4.5);
  }
});

test("the small model on WebGPU gives edge-only's greedy tokens", async ({ browser }) => {
  test.setTimeout(300_000);
  const page = await sharedLab(browser);
  const base = { ...greedy, model: "concierge-1m", prompt: PROMPTS[0], maxTokens: 3 } as const;
  const reference = await goodRun(page, { ...base, mode: "edge-only" });
  for (const variant of [
    { mode: "device-only" },
    { mode: "split", cut: 1 },
    { mode: "split", cut: 4 },
    { mode: "u-split", cut: 1, tail: 1 },
  ] as const) {
    const record = await goodRun(page, { ...base, ...variant, backend: "webgpu" });
    expect.soft(record.provenance.device.backend, JSON.stringify(variant)).toBe("webgpu");
    expect.soft(record.tokenIds, JSON.stringify(variant)).toEqual(reference.tokenIds);
  }
});

test("the large model on WebGPU gives edge-only's greedy tokens", async ({ browser }) => {
  test.setTimeout(300_000);
  const page = await sharedLab(browser);
  const base = { ...greedy, model: "concierge-10m", prompt: PROMPTS[1], maxTokens: 3 } as const;
  const reference = await goodRun(page, { ...base, mode: "edge-only" });
  for (const variant of [
    { mode: "split", cut: 2 },
    { mode: "u-split", cut: 1, tail: 1 },
  ] as const) {
    const record = await goodRun(page, { ...base, ...variant, backend: "webgpu" });
    expect.soft(record.provenance.device.backend, JSON.stringify(variant)).toBe("webgpu");
    expect.soft(record.tokenIds, JSON.stringify(variant)).toEqual(reference.tokenIds);
  }
});

test("one seed samples the same tokens under every strategy", async ({ browser }) => {
  test.setTimeout(120_000);
  const page = await sharedLab(browser);
  for (const seed of [1, 2, 3]) {
    const base = {
      model: "concierge-10m",
      prompt: PROMPTS[4],
      backend: "wasm",
      codec: "f32",
      temperature: 0.8,
      topK: 50,
      topP: 0.95,
      seed,
      maxTokens: 24,
      link: "loopback",
    } as const;
    const reference = await goodRun(page, { ...base, mode: "edge-only" });
    for (const variant of [
      { mode: "device-only" },
      { mode: "split", cut: 4 },
      { mode: "u-split", cut: 3, tail: 2 },
    ] as const) {
      const record = await goodRun(page, { ...base, ...variant });
      // A near tie may part two runs; the record then says so, and anything else is a bug.
      const same = JSON.stringify(record.tokenIds) === JSON.stringify(reference.tokenIds);
      const nearTie = record.agreement.kind === "checked" && record.agreement.nearTies > 0;
      expect.soft(same || nearTie, `seed ${seed}, ${variant.mode}`).toBe(true);
    }
  }
});

test("with float16 and int8 the badge says what happened", async ({ browser }) => {
  test.setTimeout(120_000);
  const page = await sharedLab(browser);
  for (const codec of ["f16", "int8"]) {
    const base = {
      model: "concierge-10m",
      prompt: PROMPTS[4],
      backend: "wasm",
      temperature: 0,
      maxTokens: 32,
      link: "loopback",
    } as const;
    const reference = await goodRun(page, { ...base, codec: "f32", mode: "edge-only" });
    const record = await goodRun(page, { ...base, codec, mode: "split", cut: 6 });
    const same = record.tokenIds.every((id, i) => id === reference.tokenIds[i]);
    expect(record.agreement.kind).toBe("checked");
    if (record.agreement.kind !== "checked") return;
    // The reference continues what was generated, so the first difference is the first of the two texts as well.
    const first = record.tokenIds.findIndex((id, i) => id !== reference.tokenIds[i]);
    expect(record.agreement.exact, codec).toBe(same);
    expect(record.agreement.firstDifference?.index ?? -1, codec).toBe(first);
  }
});
