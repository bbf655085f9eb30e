/**
 * Drafting with a house model, verifying with a larger one at the edge server, over real sockets:
 * the promises of `verify=greedy` and `verify=coupled`, on prompts that neither model was tuned on.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunConfig } from "#core/run/config.ts";
import { NEAR_TIE } from "#core/sampling/sample.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { isRecord } from "#core/schema/json.ts";
import type { RunRecord } from "#core/run/record.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { imbalances } from "#engine/testing/draft-balance.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { nodeWorld } from "#node/node-world.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import type { Compute } from "./compute/compute.ts";
import { localCompute } from "./compute/local.ts";
import { testEdge, type TestEdge } from "./testing/harness.ts";

const HOUSE = fileURLToPath(new URL("../../public/models", import.meta.url));
const TARGET = "concierge-10m";
const DRAFT = "concierge-1m";

/** One a model, as worker threads have it. */
const computes: Compute[] = [];
/** By model: its compute dies as a crashed worker does, and with it every seat it holds. */
const crash = new Map<string, () => Promise<void>>();
let edge: TestEdge;
let engine: Engine;

beforeAll(async () => {
  const opened = await Promise.all(
    [TARGET, DRAFT].map(async (name) => unwrap(await openModelFolder(`${HOUSE}/${name}`))),
  );
  edge = await testEdge({
    models: opened.map((folder) => ({ folder, tokenizer: () => openTokenizer(folder) })),
    startCompute: (served) => {
      const compute = localCompute({
        models: served.map(({ manifest, path }) => ({ name: manifest.name, path })),
        backend: "cpu",
        threads: 1,
        referenceIdleMs: 60_000,
      });
      computes.push(compute);
      const died = new Promise<string>((resolve) => {
        for (const { manifest } of served) {
          crash.set(manifest.name, async () => {
            computes.splice(computes.indexOf(compute), 1);
            resolve("crashed on purpose");
            await compute.dispose();
          });
        }
      });
      return { compute, died, end: () => compute.dispose() };
    },
    limits: { kvBytes: 1 << 30 },
  });
  engine = createEngine(nodeWorld({ models: HOUSE, edge: edge.url }));
}, 60_000);
afterAll(async () => {
  await engine.release();
  await edge.server.close();
});

/** Sessions that were lost while a run went on. */
let replays = 0;

const run = (changes: Partial<RunConfig>, onRound: (index: number) => void = () => {}): Promise<RunRecord> =>
  engine.run(
    unwrap(parseConfig({ model: TARGET, draftModel: DRAFT, maxTokens: 40, ...changes })),
    { fresh: true, check: false },
    (event) => {
      if (event.kind === "round") onRound(event.round.index);
      if (event.kind === "link" && event.state === "replaying") replays++;
    },
    new Cancellation(),
  );

/** Twenty held-out turns, spread over their kinds. */
function prompts(): readonly string[] {
  const lines = readFileSync(new URL("../../public/prompts/heldout.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const all = lines.flatMap((line) => {
    const entry: unknown = JSON.parse(line);
    const prompt = isRecord(entry) ? entry["prompt"] : undefined;
    return typeof prompt === "string" ? [prompt] : [];
  });
  return Array.from({ length: 20 }, (_, index) => all[Math.floor((index * all.length) / 20)] ?? "");
}

/** Each prompt once, its seed and temperature taking turns; with FULL, each with three seeds at both temperatures. */
function sampled(): readonly { readonly prompt: string; readonly temperature: number; readonly seed: number }[] {
  const all = prompts().flatMap((prompt) =>
    [0.8, 1].flatMap((temperature) => [1, 2, 3].map((seed) => ({ prompt, temperature, seed }))),
  );
  return process.env["FULL"] ? all : all.filter((_, index) => index % 7 === 0);
}

test("greedy: the tokens of edge-only on twenty held-out prompts", async () => {
  const totals = { judged: 0, accepted: 0, gained: 0, passes: 0 };
  for (const prompt of prompts()) {
    const expected = await run({ mode: "edge-only", prompt });
    const record = await run({ mode: "speculative", verify: "greedy", prompt });
    expect({ prompt, ids: record.tokenIds, finish: record.finish, wrong: imbalances(record) }).toEqual({
      prompt,
      ids: expected.tokenIds,
      finish: expected.finish,
      wrong: [],
    });
    const speculation = record.totals.speculation;
    totals.judged += speculation?.judged ?? 0;
    totals.accepted += speculation?.accepted ?? 0;
    totals.passes += (speculation?.rounds ?? 0) - (speculation?.droppedWindows ?? 0);
    totals.gained += record.tokenIds.length - 1;
  }
  if (process.env["SHOW_TIMES"])
    console.log({
      ...totals,
      acceptance: totals.accepted / totals.judged,
      blockEfficiency: totals.gained / totals.passes,
    });
  expect(totals.gained / totals.passes).toBeGreaterThan(1.5);
}, 120_000);

test("coupled: the tokens of edge-only for the same seed at temperature 0.8 and 1.0, but for near ties", async () => {
  let tokens = 0;
  let nearTies = 0;
  for (const [index, { prompt, temperature, seed }] of sampled().entries()) {
    const expected = await run({ mode: "edge-only", prompt, temperature, seed });
    const windows = 1 + (index % 3);
    const record = await run({ mode: "speculative", prompt, temperature, seed, windows, draftLength: 1 + (index % 5) });
    tokens += expected.tokenIds.length;
    if (record.tokenIds.join() === expected.tokenIds.join()) continue;
    const checked = await engine.run(record.config, { fresh: true }, () => {}, new Cancellation());
    const { agreement } = checked;
    if (
      agreement.kind === "checked" &&
      agreement.firstDifference === null &&
      agreement.nearTies > 0 &&
      (agreement.smallestMargin ?? 1) < NEAR_TIE
    )
      nearTies++;
    else expect({ prompt, ids: record.tokenIds }).toEqual({ prompt, ids: expected.tokenIds });
  }
  if (process.env["SHOW_TIMES"]) console.log({ tokens, nearTies });
  expect(nearTies).toBeLessThanOrEqual(Math.ceil(tokens / 5000));
}, 600_000);

test("a round interrupted by a dropped socket ends with the same tokens, pipelined or not", async () => {
  for (const windows of [1, 3]) {
    const changes = { prompt: "Play some jazz in the living room.", temperature: 0.8, windows } as const;
    const expected = await run({ ...changes, mode: "edge-only" });
    const record = await run(
      { ...changes, mode: "speculative", draftLength: 3 },
      (index) => index === 1 && edge.server.dropSockets(),
    );
    expect({ windows, ids: record.tokenIds, finish: record.finish }).toEqual({
      windows,
      ids: expected.tokenIds,
      finish: expected.finish,
    });
  }
});

test("both models at the edge, each in memory once: edge-only's tokens, streamed in rounds; a dropped socket changes nothing", async () => {
  for (const prompt of prompts().slice(0, 6)) {
    const expected = await run({ mode: "edge-only", prompt, temperature: 0.8 });
    const record = await run({ mode: "colocated", prompt, temperature: 0.8 });
    expect({ prompt, ids: record.tokenIds, finish: record.finish }).toEqual({
      prompt,
      ids: expected.tokenIds,
      finish: expected.finish,
    });
    expect(record.totals.upBytes).toBeLessThan(400 + 4 * (record.resolved?.promptIds.length ?? 0));
    expect(imbalances(record)).toEqual([]);
    const dropped = await run(
      { mode: "colocated", prompt, temperature: 0.8, draftLength: "optimum" },
      (index) => index === 1 && edge.server.dropSockets(),
    );
    expect(dropped.tokenIds).toEqual(expected.tokenIds);
    expect(imbalances(dropped)).toEqual([]);
    if (process.env["SHOW_TIMES"]) console.log(record.totals.speculation, record.totals.tpotMs, expected.totals.tpotMs);
  }
  // Either worker may be lost in the middle of a round: the text is asked for again from its beginning.
  for (const model of [TARGET, DRAFT]) {
    const expected = await run({ mode: "edge-only", prompt: prompts()[1] ?? "", temperature: 0.8 });
    const before = replays;
    const lost = await run(
      { mode: "colocated", prompt: prompts()[1] ?? "", temperature: 0.8, draftLength: 2 },
      (index) => index === 1 && void crash.get(model)?.(),
    );
    expect({
      model,
      ids: lost.tokenIds,
      finish: lost.finish,
      wrong: imbalances(lost),
      replays: replays - before,
    }).toEqual({ model, ids: expected.tokenIds, finish: expected.finish, wrong: [], replays: 1 });
  }
  // The draft is in memory once: the seat that drafts is where its model is anyway.
  const alone = await run({ mode: "edge-only", model: DRAFT, prompt: "Find me a museum." });
  const held = (await Promise.all(computes.map((compute) => compute.memory()))).flat();
  expect(held.map(({ model }) => model).toSorted()).toEqual([TARGET, DRAFT]);
  const both = await run({ mode: "colocated", prompt: "Find me a museum.", temperature: 0.8 });
  expect(both.memory.edge?.weightBytes).toBe(held.reduce((sum, { weightBytes }) => sum + weightBytes, 0));
  expect(
    (
      await run({
        mode: "colocated",
        verify: "split-verification",
        prompt: "Find me a museum.",
        temperature: 1,
        draftLength: "learner",
      })
    ).finish.kind,
  ).toMatch(/eos|length/);
  expect(both.memory.edge?.weightBytes).toBeGreaterThan(alone.memory.edge?.weightBytes ?? Infinity);
}, 60_000);

/** Tokens gained a pass of the target, over some prompts. */
async function blockEfficiencyOf(changes: Partial<RunConfig>, some: readonly string[]): Promise<number> {
  const totals = { gained: 0, passes: 0, judged: 0, accepted: 0 };
  for (const prompt of some) {
    const expected = await run({ mode: "edge-only", prompt });
    const record = await run({ mode: "split-speculative", prompt, codec: "f32", ...changes });
    expect({ prompt, ids: record.tokenIds }).toEqual({ prompt, ids: expected.tokenIds });
    totals.gained += record.tokenIds.length - 1;
    totals.passes += (record.rounds ?? []).length - 1;
    totals.judged += record.totals.speculation?.judged ?? 0;
    totals.accepted += record.totals.speculation?.accepted ?? 0;
  }
  if (process.env["SHOW_TIMES"])
    console.log(changes, totals, totals.gained / totals.passes, totals.accepted / totals.judged);
  return totals.gained / totals.passes;
}

test("an exit after block 4 drafts for the whole model, a trained one better than its own norm and head", async () => {
  const some = process.env["FULL"] ? prompts() : prompts().slice(0, 8);
  for (const draftLength of process.env["FULL"] ? [1, 2, 3, 4, 6] : [2]) {
    const own = await blockEfficiencyOf({ cut: 4, exit: "own", draftLength }, some);
    const trained = await blockEfficiencyOf({ cut: 4, draftLength }, some);
    expect(own).toBeGreaterThan(1.05);
    expect(trained).toBeGreaterThan(Math.max(own, 1.25));
    if (process.env["FULL"])
      for (const cut of [6, 7, 8]) expect(await blockEfficiencyOf({ cut, draftLength }, some)).toBeGreaterThan(trained);
  }
}, 600_000);

test("every rule runs at the edge; edgeLoad repeats the pass", async () => {
  const prompt = "What is the weather in Lisbon tomorrow?";
  for (const verify of ["coupled", "leviathan", "leviathan-topk", "split-verification"]) {
    const record = await run({ mode: "speculative", prompt, temperature: 0.9, verify });
    expect(record.finish.kind, verify).toMatch(/eos|length/);
    if (process.env["SHOW_TIMES"]) console.log(verify, record.totals.speculation);
  }
  const light = await run({ mode: "speculative", prompt });
  const heavy = await run({ mode: "speculative", prompt, edgeLoad: 8 });
  expect(heavy.tokenIds).toEqual(light.tokenIds);
  expect(heavy.totals.speculation?.verifyMs).toBeGreaterThan(3 * (light.totals.speculation?.verifyMs ?? Infinity));
});
