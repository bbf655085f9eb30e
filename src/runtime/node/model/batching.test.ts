/** Steps of many sessions in one pass over the weights: how many runs that is, and what is one session's stays its own. */
import { afterEach, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { everyShard } from "#core/model/manifest.ts";
import { createModelHost, type CompilingHost } from "#engine/model/model-host.ts";
import type { PagedAttention, Runtime, SegmentOutput, SegmentSession } from "#engine/ports.ts";
import { readTinyShard, TINY, tinyModel } from "#engine/testing/tiny-model.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

const WHOLE = wholeModel(TINY);
const OPTIONS = { capacity: TINY.context, kvCache: true };
const IDS = Array.from({ length: 20 }, (_, i) => (i * 29 + 7) % TINY.vocabulary);

interface Stand {
  readonly host: CompilingHost;
  runs: number;
  /** Shards that were read, each time. */
  readonly read: readonly string[];
  /** Pages that open caches hold. */
  readonly pages: () => number;
}

const stands: Stand[] = [];
afterEach(async () => {
  for (const { host, pages } of stands.splice(0)) {
    await host.close();
    if (pages() !== 0) throw new Error(`${pages()} pages are left`);
  }
});

/** The product's runtime, with its runs counted. */
async function stand(): Promise<Stand> {
  const made = { runs: 0, attention: null as PagedAttention | null, read: [] as string[] };
  const real = await nodeRuntime({ backend: "cpu", threads: 1 });
  const runtime: Runtime = {
    ...real,
    description: real.description,
    grain: real.grain,
    cacheStyle: real.cacheStyle,
    casts: real.casts,
    allocateKv: (shape, capacity) => real.allocateKv(shape, capacity),
    close: () => real.close(),
    rowMemory: () => real.rowMemory?.() ?? null,
    attention: (heads, context) => (made.attention = real.attention?.(heads, context) ?? null),
    async compile(graph, weights) {
      const program = await real.compile(graph, weights);
      return {
        run(...call) {
          made.runs++;
          return program.run(...call);
        },
        close: () => program.close(),
      };
    },
  };
  const model = tinyModel();
  const readShard = readTinyShard(model);
  const host = createModelHost(runtime, model.manifest, (shard) => {
    made.read.push(shard.sha256);
    return readShard(shard);
  });
  const opened = Object.assign(made, { host, pages: () => made.attention?.pages ?? 0 });
  stands.push(opened);
  return opened;
}

const open = ({ host }: Stand, many: number): Promise<readonly SegmentSession[]> =>
  Promise.all(Array.from({ length: many }, () => host.open(WHOLE, OPTIONS)));

const logitsOf = (output: SegmentOutput): Float32Array => {
  if (output.kind !== "logits") throw new Error("a whole model gives logits");
  return output.logits;
};

const prompt = (length: number) => ({ kind: "ids" as const, ids: IDS.slice(0, length) });
const token = (position: number) => ({ kind: "ids" as const, ids: IDS.slice(position, position + 1) });

test("a decode step of sixteen sessions is one run of each piece, whatever their lengths, and each logit as alone", async () => {
  const made = await stand();
  const sessions = await open(made, 16);
  const alone = await made.host.open(WHOLE, OPTIONS);
  await Promise.all(sessions.map((session, i) => session.step(prompt(i + 1), 0, "none")));
  made.runs = 0;
  const outputs = await Promise.all(sessions.map((session, i) => session.step(token(i + 1), i + 1, "last")));
  expect(made.runs).toBe(TINY.blocks + 1);
  for (const [i, output] of outputs.entries()) {
    const expected = logitsOf(await alone.step(prompt(i + 2), 0, "last"));
    const off = logitsOf(output).map((value, id) => Math.abs(value - (expected[id] ?? Number.NaN)));
    expect(Math.max(...off)).toBeLessThan(1e-5);
  }
});

test("one row or two are computed without a run, three together, and each logit as in another graph", async () => {
  const made = await stand();
  const [session, whole, ...others] = await open(made, 4);
  await session?.step(prompt(3), 0, "none");
  await Promise.all(others.map((other, i) => other.step(prompt(6 + 3 * i), 0, "none")));
  for (let position = 3; position < 12; position++) {
    const beside = others.slice(0, position % 3);
    made.runs = 0;
    const outputs = await Promise.all([
      session?.step(token(position), position, "last"),
      ...beside.map((other, i) => other.step(token(6 + 3 * i), 6 + 3 * i, "last")),
    ]);
    expect(made.runs).toBe(beside.length < 2 ? 0 : TINY.blocks + 1);
    for (const [i, output] of outputs.entries()) {
      const expected = await whole?.step(prompt(i === 0 ? position + 1 : 4 + 3 * i), 0, "last");
      if (output === undefined || expected === undefined) throw new Error("a step without its output");
      const off = logitsOf(output).map((value, id) => Math.abs(value - (logitsOf(expected)[id] ?? Number.NaN)));
      expect(Math.max(...off)).toBeLessThan(1e-5);
    }
  }
});

test("a window of two is two rows, and of a window's logits those that are wanted", async () => {
  const made = await stand();
  const [session, whole] = await open(made, 2);
  await session?.step(prompt(3), 0, "none");
  made.runs = 0;
  const two = await session?.step({ kind: "ids", ids: IDS.slice(3, 5) }, 3, "all");
  expect(made.runs).toBe(0);
  const last = await session?.step({ kind: "ids", ids: IDS.slice(3, 5) }, 3, "last");
  const expected = await whole?.step(prompt(5), 0, "all");
  if (two === undefined || last === undefined || expected === undefined) throw new Error("a step without its output");
  const wanted = logitsOf(expected).slice(3 * TINY.vocabulary);
  const off = logitsOf(two).map((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN)));
  expect(off.length).toBe(2 * TINY.vocabulary);
  expect(Math.max(...off)).toBeLessThan(1e-5);
  expect(logitsOf(last)).toEqual(logitsOf(two).slice(TINY.vocabulary));
});

test("a shard is read once, though two pieces have halves of its block", async () => {
  const made = await stand();
  await open(made, 1);
  expect(made.read.toSorted()).toEqual(
    everyShard(made.host.manifest)
      .map(({ sha256 }) => sha256)
      .toSorted(),
  );
});

test("what a step of one row gave stays as it is when the next is computed", async () => {
  const made = await stand();
  const device = await made.host.open({ ...WHOLE, to: 2, head: false }, OPTIONS);
  const [session] = await open(made, 1);
  const first = [await device.step(token(0), 0, "last"), await session?.step(token(0), 0, "last")];
  const kept = first.map((output) => (output?.kind === "hidden" ? output.hidden : output?.logits));
  const copies = kept.map((values) => values?.slice());
  await device.step(token(5), 0, "last");
  await session?.step(token(5), 0, "last");
  expect(kept).toEqual(copies);
});

test("weights for one row are counted, once, and let go of with the rest", async () => {
  const made = await stand();
  const [session] = await open(made, 1);
  const shards = everyShard(made.host.manifest);
  const numbers = shards
    .flatMap(({ tensors }) => tensors)
    .reduce((sum, { shape }) => sum + shape.reduce((x, y) => x * y, 1), 0);
  const stored = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const { weightBytes } = made.host.memory();
  const rows = weightBytes - 4 * numbers;
  expect(session?.memory().weightBytes).toBe(weightBytes);
  const tables = 2 * 4 * TINY.context * (TINY.headSize / 2);
  expect(rows).toBeGreaterThanOrEqual(stored + tables);
  expect(rows).toBeLessThan(1.05 * (stored + tables)); // rows of a matrix come in fours
  await session?.close();
  await made.host.trim();
  expect(made.host.memory().weightBytes).toBe(0);
});

test("a prompt whose scores nobody wants runs no head", async () => {
  const made = await stand();
  const [session] = await open(made, 1);
  made.runs = 0;
  await session?.step(prompt(5), 0, "none");
  expect(made.runs).toBe(TINY.blocks);
});

test("a step that may not be is refused alone; the others of its turn are computed", async () => {
  const made = await stand();
  const sessions = await open(made, 3);
  const results = await Promise.allSettled(
    sessions.map((session, i) => session.step(prompt(4), i === 1 ? 9 : 0, "last")),
  );
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(results[1]).toMatchObject({ reason: { failure: { code: "position-gap" } } });
});

test("prompts in chunks attend as in one graph, with windows and a scale of their own", async () => {
  const variant = { ...TINY, windows: [null, 8, null, 30], attentionScale: 0.2 };
  const model = tinyModel(variant);
  const ids = Array.from({ length: 60 }, (_, i) => (i * 29 + 7) % TINY.vocabulary);
  const hosts = await Promise.all(
    (["piece", "segment"] as const).map(async (grain) =>
      createModelHost(await nodeRuntime({ backend: "cpu", threads: 1, grain }), model.manifest, readTinyShard(model)),
    ),
  );
  const [together, alone] = await Promise.all(
    hosts.map(async (host) => {
      const [one, other] = await Promise.all([host.open(WHOLE, OPTIONS), host.open(WHOLE, OPTIONS)]);
      const outputs = [];
      for (const [from, to] of [
        [0, 30],
        [30, 31],
        [31, 57],
        [10, 40],
      ] as const)
        outputs.push(
          ...(await Promise.all([
            one.step({ kind: "ids", ids: ids.slice(from, to) }, from, "all"),
            other.step({ kind: "ids", ids: ids.toReversed().slice(0, from + 2) }, 0, "all"),
          ])),
        );
      return outputs.map(logitsOf);
    }),
  );
  for (const [i, logits] of (together ?? []).entries())
    expect(Math.max(...logits.map((value, at) => Math.abs(value - (alone?.[i]?.[at] ?? Number.NaN))))).toBeLessThan(
      1e-5,
    );
  for (const host of hosts) await host.close();
});

test("numbers that are none stay with their session, in its pass and in the memory that it leaves", async () => {
  const made = await stand();
  const from = { embedding: false, from: 1, to: TINY.blocks, head: true };
  const clean = { kind: "hidden" as const, hidden: new Float32Array(4 * TINY.hidden).map((_, i) => Math.sin(i)) };
  const poisoned = { kind: "hidden" as const, hidden: clean.hidden.map(() => Number.NaN) };
  const opened = (): Promise<SegmentSession> => made.host.open(from, OPTIONS);
  const before = await opened();
  const expected = logitsOf(await before.step(clean, 0, "all"));
  const [bad, good] = await Promise.all([opened(), opened()]);
  const [, beside] = await Promise.all([bad.step(poisoned, 0, "all"), good.step(clean, 0, "all")]);
  expect(logitsOf(beside)).toEqual(expected);
  await bad.close();
  const after = await opened(); // gets the pages that were given back
  expect(logitsOf(await after.step(clean, 0, "all"))).toEqual(expected);
});

test("numbers that are none are gone once their step is rewound and repeated with others", async () => {
  const { host } = await stand();
  const from = { embedding: false, from: 1, to: TINY.blocks, head: true };
  const rows = new Float32Array(7 * TINY.hidden).map((_, i) => Math.sin(i));
  const [poisoned, clean] = await Promise.all([host.open(from, OPTIONS), host.open(from, OPTIONS)]);
  await poisoned.step({ kind: "hidden", hidden: rows.map(() => Number.NaN) }, 0, "all");
  for (const [position, count] of [
    [0, 1],
    [1, 2],
    [3, 1],
  ] as const) {
    const hidden = rows.slice(position * TINY.hidden, (position + count) * TINY.hidden);
    const expected = logitsOf(await clean.step({ kind: "hidden", hidden }, position, "last"));
    expect(logitsOf(await poisoned.step({ kind: "hidden", hidden }, position, "last"))).toEqual(expected);
  }
});

test("a session that closes during a pass fails nobody, and its pages are free once the pass is over", async () => {
  const made = await stand();
  const [leaving, staying] = await open(made, 2);
  const alone = await made.host.open(WHOLE, OPTIONS);
  const expected = logitsOf(await alone.step(prompt(5), 0, "last"));
  const both = Promise.all([leaving?.step(prompt(3), 0, "last"), staying?.step(prompt(5), 0, "last")]);
  await Promise.resolve(); // the pass has begun
  const pages = made.pages();
  const closing = leaving?.close();
  await expect(leaving?.step(token(0), 0, "last")).rejects.toThrow("closed");
  const [, output] = await both;
  await closing;
  expect(output?.kind === "logits" ? output.logits : null).toEqual(expected);
  expect(made.pages()).toBe(pages - TINY.blocks);
});

test("a model that closes during a pass lets it end", async () => {
  const made = await stand();
  const [session] = await open(made, 1);
  const step = session?.step(prompt(5), 0, "last");
  await made.host.close();
  expect((await step)?.kind).toBe("logits");
});

test("a session without a cache shares passes, says what one with a cache says, and holds no page between its steps", async () => {
  const made = await stand();
  const cached = await made.host.open(WHOLE, OPTIONS);
  const [one, other] = [await bare(made.host), await bare(made.host)];
  const want = (await cached.step({ kind: "ids", ids: IDS }, 0, "all")) as Logits;
  const held = made.pages();
  const before = made.runs;
  const got = await Promise.all([one, other].map((session) => session.step({ kind: "ids", ids: IDS }, 0, "all")));
  expect(made.runs - before).toBe(TINY.blocks + 1);
  for (const each of got as Logits[])
    expect(Math.max(...each.logits.map((value, at) => Math.abs(value - want.logits[at]!)))).toBeLessThan(1e-5);
  expect(made.pages()).toBe(held);
  await expect(one.step({ kind: "ids", ids: IDS }, 3, "last")).rejects.toMatchObject({
    failure: { code: "position-gap" },
  });
});

const bare = (host: CompilingHost): Promise<SegmentSession> => host.open(WHOLE, { ...OPTIONS, kvCache: false });
type Logits = Extract<SegmentOutput, { kind: "logits" }>;

test("memory grows with what is held, not with what was asked for", async () => {
  const made = await stand();
  const [session] = await open(made, 1);
  expect(session?.memory().kvBytes).toBe(0);
  await session?.step(prompt(3), 0, "none");
  expect(session?.memory().kvBytes).toBe(TINY.blocks * 2 * 64 * TINY.kvHeads * TINY.headSize * 4);
});
