/**
 * The engine's own client against the edge server over real sockets, on a real house model: every
 * strategy that uses an edge gives the same tokens, also when sockets drop or the edge restarts.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunConfig } from "#core/run/config.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";
import { nodeWorld } from "#node/node-world.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import type { Compute } from "./compute/compute.ts";
import { localCompute } from "./compute/local.ts";
import { testEdge, type TestEdge } from "./testing/harness.ts";

const HOUSE = fileURLToPath(new URL("../../public/models", import.meta.url));
const NAME = "concierge-1m";
let folder: ModelFolder;
let compute: Compute;
let edge: TestEdge;
let engine: Engine;

beforeAll(async () => {
  folder = unwrap(await openModelFolder(`${HOUSE}/${NAME}`));
  compute = localCompute({
    models: [{ name: NAME, path: folder.path }],
    backend: "cpu",
    threads: 1,
    referenceIdleMs: 1000,
  });
  edge = await start(0);
  engine = createEngine(nodeWorld({ models: HOUSE, edge: edge.url }));
});
afterAll(async () => {
  await engine.release();
  await edge.server.close();
});

const start = (port: number): Promise<TestEdge> =>
  testEdge({
    port,
    models: [{ folder, tokenizer: () => openTokenizer(folder) }],
    startCompute: () => ({ compute, died: new Promise(() => {}), end: () => compute.dispose() }),
    limits: { kvBytes: 1 << 28 },
  });

async function restart(): Promise<void> {
  const { port } = edge.server;
  await edge.server.close();
  edge = await start(port);
}

const run = (changes: Partial<RunConfig>, onToken: (index: number) => void = () => {}): Promise<RunRecord> =>
  engine.run(
    unwrap(parseConfig({ model: NAME, prompt: "Play some jazz in the living room.", maxTokens: 16, ...changes })),
    {},
    (event) => void (event.kind === "token" && onToken(event.token.index)),
    new Cancellation(),
  );

test("split, u-split and edge-only give the same checked tokens", async () => {
  const expected = await run({ mode: "edge-only" });
  expect(expected.agreement).toMatchObject({ kind: "checked", exact: true });
  for (const changes of [
    { mode: "split", cut: 0 },
    { mode: "split", cut: 2 },
    { mode: "split", cut: 4 },
    { mode: "split", cut: 2, kvCache: false },
    { mode: "edge-only", kvCache: false },
    { mode: "u-split", cut: 1, tail: 1 },
  ] as const) {
    const record = await run(changes);
    expect({ ...changes, finish: record.finish.kind, ids: record.tokenIds }).toEqual({
      ...changes,
      finish: expected.finish.kind,
      ids: expected.tokenIds,
    });
    expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
  }
});

test("score over a cut agrees with score at none", async () => {
  const promptIds = [0, 1, 56, 419, 309, 612, 288, 1031];
  const scoreAt = async (cut: number) =>
    (
      await engine.run(
        unwrap(parseConfig({ model: NAME, mode: "score", cut, codec: "f32", promptIds })),
        {},
        () => {},
        new Cancellation(),
      )
    ).logProbs;
  const scores = [await scoreAt(0), await scoreAt(2)];
  expect(scores[0]?.length).toBeGreaterThan(4);
  scores[0]?.forEach((value, index) => expect(scores[1]?.[index]).toBeCloseTo(value, 4));
});

test("candidates at the edge and on the device are the same, and the run's own tokens are among them", async () => {
  const record = await run({ mode: "split", cut: 2 });
  const scoredBy = async (mode: RunConfig["mode"]) => {
    const text = {
      config: { ...record.config, mode },
      promptIds: record.resolved?.promptIds ?? [],
      tokenIds: record.tokenIds,
    };
    return unwrap(await engine.candidates(text, () => {}, new Cancellation()));
  };
  const atEdge = await scoredBy("split");
  const here = await scoredBy("u-split");
  expect([atEdge.where, here.where]).toEqual(["edge", "device"]);
  expect(atEdge.tokens).toHaveLength(record.tokenIds.length);
  for (const [index, { said, rank, best }] of atEdge.tokens.entries()) {
    expect([said.id, rank, best[0]?.id]).toEqual([record.tokenIds[index], 1, said.id]); // greedy, and the check was exact
    expect(here.tokens[index]?.best.map(({ id }) => id)).toEqual(best.map(({ id }) => id));
    for (const [place, { logProb }] of best.entries())
      expect(here.tokens[index]?.best[place]?.logProb).toBeCloseTo(logProb, 3);
  }
});

test("every socket cut in the middle of a run: it resumes and gives the same tokens", async () => {
  for (const changes of [
    { mode: "split", cut: 2 },
    { mode: "edge-only" },
    { mode: "u-split", cut: 1, tail: 1 },
  ] as const) {
    const expected = await run(changes);
    expect(expected.finish.kind).toMatch(/eos|length/);
    const record = await run(changes, (index) => index === 3 && edge.server.dropSockets());
    expect({ ...changes, finish: record.finish, ids: record.tokenIds }).toEqual({
      ...changes,
      finish: expected.finish,
      ids: expected.tokenIds,
    });
  }
});

test("an edge that is restarted has lost the session: the run replays and gives the same tokens", async () => {
  const expected = await run({ mode: "split", cut: 2 });
  let restarted = Promise.resolve();
  const record = await run({ mode: "split", cut: 2 }, (index) => {
    if (index === 3) restarted = restart();
  });
  await restarted;
  expect(record.finish).toEqual(expected.finish);
  expect(record.tokenIds).toEqual(expected.tokenIds);
});

const scheduled = (moves: string): Pick<RunConfig, "moves"> => {
  const read = unwrap(parseConfig({ prompt: "x", mode: "split", moves }));
  return read.moves === undefined ? {} : { moves: read.moves };
};

const FIVE = "1@2,4@4,0@7,3@9,2@12";
const MOVED = [
  { mode: "split", cut: 2 },
  { mode: "split", cut: 2, temperature: 0.9, seed: 7 },
  { mode: "u-split", cut: 1, tail: 1 },
] as const;

test("five moves of the cut in one answer, carried and rebuilt, give the uncut answer token for token", async () => {
  for (const changes of MOVED) {
    const expected = await run({ ...changes, codec: "f32", maxTokens: 24 });
    for (const way of ["", ":carry", ":rebuild"]) {
      const five = changes.mode === "u-split" ? "2@2,0@4,2@7,1@9,2@11" : FIVE;
      const record = await run({
        ...changes,
        codec: "f32",
        maxTokens: 24,
        ...scheduled(
          five
            .split(",")
            .map((each) => each + way)
            .join(","),
        ),
      });
      expect({ ...changes, way, finish: record.finish, ids: record.tokenIds }).toEqual({
        ...changes,
        way,
        finish: expected.finish,
        ids: expected.tokenIds,
      });
      if (changes.mode === "split") expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
      expect(record.moves).toHaveLength(5);
      for (const move of record.moves ?? []) {
        if (way !== "") expect(move.way).toBe(way.slice(1));
        expect(move.predictedMs).toBeGreaterThanOrEqual(0);
        expect(move.upBytes).toBeGreaterThanOrEqual(move.to < move.from ? 400 : 28);
      }
    }
  }
});

test("under a lossy codec a moved answer is whole, the same each time, and every token of it checked against the uncut model", async () => {
  for (const codec of ["f16", "int4"]) {
    for (const way of ["carry", "rebuild"] as const) {
      const changes = {
        mode: "split",
        cut: 2,
        codec,
        maxTokens: 14,
        ...scheduled(
          FIVE.split(",")
            .map((each) => `${each}:${way}`)
            .join(","),
        ),
      } as const;
      const [first, second] = [await run(changes), await run(changes)];
      expect({ codec, way, ids: second.tokenIds }).toEqual({ codec, way, ids: first.tokenIds });
      expect(first.finish.kind).toMatch(/eos|length/);
      expect(first.moves?.map((move) => move.way)).toEqual(Array.from({ length: 5 }, () => way));
      const { agreement } = first;
      expect(agreement).toMatchObject({ kind: "checked", comparedTokens: first.tokenIds.length });
      if (agreement.kind === "checked" && !agreement.exact)
        expect(agreement.nearTies > 0 || agreement.firstDifference !== null).toBe(true);
    }
  }
});

test("sockets dropped and an edge restarted at the very moment of a move: the answer stays as it was", async () => {
  const changes = { mode: "split", cut: 2, codec: "f32" } as const;
  const expected = await run(changes);
  for (const moves of ["3@4:carry", "1@4:carry", "1@4:rebuild"]) {
    const record = await run({ ...changes, ...scheduled(moves) }, (index) => index === 3 && edge.server.dropSockets());
    expect({ moves, finish: record.finish, ids: record.tokenIds, moved: record.moves?.length }).toEqual({
      moves,
      finish: expected.finish,
      ids: expected.tokenIds,
      moved: 1,
    });
  }
  let restarted = Promise.resolve();
  const record = await run({ ...changes, ...scheduled("3@4:carry") }, (index) => {
    if (index === 3) restarted = restart();
  });
  await restarted;
  expect({ finish: record.finish, ids: record.tokenIds, moved: record.moves?.length }).toEqual({
    finish: expected.finish,
    ids: expected.tokenIds,
    moved: 1,
  });
});

test("a run is asked for another cut while it goes, and a cut that is none is a notice", async () => {
  const expected = await run({ mode: "split", cut: 1, codec: "f32" });
  const asked: boolean[] = [];
  const record = await run({ mode: "split", cut: 1, codec: "f32" }, (index) => {
    if (index === 1) asked.push(...[9, 3].map((cut) => engine.change({ kind: "cut", cut })));
  });
  expect(asked).toEqual([true, true]);
  expect(engine.change({ kind: "cut", cut: 2 })).toBe(false);
  expect(record.tokenIds).toEqual(expected.tokenIds);
  expect(record.moves).toMatchObject([{ from: 1, to: 3, why: "asked" }]);
});

test("mode=auto measures both tiers, chooses under its limits, says why, and gives the same checked tokens", async () => {
  const expected = await run({ mode: "edge-only" });
  const free = await run({ mode: "auto", codec: "f32" });
  expect({ finish: free.finish, ids: free.tokenIds }).toEqual({ finish: expected.finish, ids: expected.tokenIds });
  expect(free.plan).toMatchObject({ binding: [], calibration: { warm: false } });
  expect(free.resolved?.mode).toBe(free.plan?.choice.mode);
  const bound = await run({ mode: "auto", codec: "f32", minDeviceBlocks: 1, maxDeviceMb: 3.2 });
  expect(bound.plan?.calibration.warm).toBe(true);
  expect(bound.plan?.choice).toMatchObject({ mode: "split", codec: "f32" });
  expect(bound.resolved?.cut).toBe(bound.plan?.choice.cut);
  expect(bound.resolved?.cut).toBeGreaterThan(0);
  expect(bound.resolved?.cut).toBeLessThan(4);
  expect(bound.plan?.options.some(({ obstacle }) => obstacle === "device-memory")).toBe(true);
  expect(bound.memory.device.kvBytes + bound.memory.device.weightBytes).toBeLessThanOrEqual(3.2e6);
  expect(bound.tokenIds).toEqual(expected.tokenIds);
  const impossible = await run({ mode: "auto", minDeviceBlocks: 4, maxDeviceMb: 0.001 });
  expect(impossible.finish).toMatchObject({
    kind: "failed",
    failure: { code: "no-plan", limits: [{ limit: "minDeviceBlocks" }, { limit: "maxDeviceMb" }] },
  });
});

test("a link changed in mid-answer is shaped from then on, recorded, and planned for again", async () => {
  const expected = await run({ mode: "edge-only" });
  const link = { uplinkMbps: 0, downlinkMbps: 0, rttMs: 30, jitterMs: 0, loss: 0 };
  const record = await run(
    { mode: "auto", codec: "f32", minDeviceBlocks: 1, maxDeviceMb: 3.2 },
    (index) => index === 3 && engine.change({ kind: "link", link }),
  );
  expect(record.tokenIds).toEqual(expected.tokenIds);
  expect(record.links).toMatchObject([{ after: 4, name: "custom", figures: link }]);
  expect(record.plan?.revisions[0]).toMatchObject({ after: 4, why: "the link was changed", rttMs: 30 });
  expect(record.tokens.at(-1)?.addedMs).toBeGreaterThan(25);
});
