/** Beginnings of prompts are computed once, and answers are the same as if they had not been. */
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { unwrap } from "#core/run/failure.ts";
import { wholeModel } from "#core/model/architecture.ts";
import type { KvSlice } from "#engine/ports.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { fakeContinuation, fakeHost, FAKE_ARCHITECTURE } from "../testing/fake-model.ts";
import { stepMany } from "../testing/harness.ts";
import type { Compute, SeatSpec, Step, Stepped } from "./compute.ts";
import { localCompute } from "./local.ts";
import { ModelCompute } from "./model-compute.ts";
import { PAGE, Prefixes } from "./prefixes.ts";
import { ReferenceHost } from "./reference.ts";

const HEADS = { kvHeads: 2, headSize: 3 };
/** Each number says of which block, head, position and column it is. */
const sliceOf = (ids: Uint32Array, blocks = 2): KvSlice => {
  const positions = ids.length;
  const rows = (sign: number) =>
    Array.from({ length: blocks }, (_, block) =>
      Float32Array.from({ length: HEADS.kvHeads * positions * HEADS.headSize }, (_, at) => {
        const position = Math.floor(at / HEADS.headSize) % positions;
        const head = Math.floor(at / (HEADS.headSize * positions));
        return sign * ((ids[position] ?? 0) * 1000 + block * 100 + head * 10 + (at % HEADS.headSize));
      }),
    );
  return { from: 0, to: blocks, positions, keys: rows(1), values: rows(-1) };
};
const idsOf = (count: number, from = 1): Uint32Array => Uint32Array.from({ length: count }, (_, at) => from + at);

test("what was kept of a beginning comes back as it was, as far as the tokens are the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 1, max: 70 }), (same, count) => {
      const prefixes = new Prefixes(1 << 20);
      const kept = idsOf(64);
      prefixes.keep("m", kept, sliceOf(kept), HEADS);
      const asked = Uint32Array.from({ length: count }, (_, at) => (at < same ? at + 1 : 500 + at));
      const found = prefixes.find("m", asked, HEADS, count);
      const positions = Math.floor(Math.min(same, count, 64) / PAGE) * PAGE;
      expect(found?.positions ?? 0).toBe(positions);
      if (found !== null) expect(found).toEqual(sliceOf(kept.subarray(0, positions)));
    }),
  );
});

test("another model's or other blocks' are not found; what was not asked for longest goes first", () => {
  const page = 2 * 2 * HEADS.kvHeads * PAGE * HEADS.headSize * 4;
  const prefixes = new Prefixes(2 * page);
  const [one, two, three] = [idsOf(PAGE, 1), idsOf(PAGE, 100), idsOf(PAGE, 200)];
  for (const ids of [one, two]) prefixes.keep("m", ids, sliceOf(ids), HEADS);
  expect(prefixes.find("other", one, HEADS, PAGE)).toBeNull();
  expect(prefixes.find("m", one, HEADS, PAGE)).not.toBeNull();
  prefixes.keep("m", three, sliceOf(three), HEADS);
  expect([one, two, three].map((ids) => prefixes.has("m", ids))).toEqual([true, false, true]);
  expect(prefixes.bytes).toBe(2 * page);
});

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 };
const SPEC = { codec: "f32", kvCache: true, sampling: GREEDY, verify: "greedy", draft: null, edgeLoad: 1 } as const;
let seats = 0;

/** One after another: the token behind a prompt, and how many of its positions others had computed. */
async function asked(
  compute: Compute,
  spec: SeatSpec,
  ids: readonly number[],
  cuts: readonly number[] = [],
): Promise<Pick<Stepped, "outcome" | "reused">> {
  const seat = `seat ${++seats}`;
  const units = ids.length * spec.edgeLoad;
  const one = async (step: Step | null, from: number, to: number, of: number): Promise<Stepped> =>
    unwrap((await stepMany(compute, [{ seat, step, from, to, of }]))[0]!);
  await one({ kind: "open", spec }, 0, 1, 1);
  const step = { kind: "ids", position: 0, ids: Uint32Array.from(ids), want: "last" } as const;
  let [last, from] = [null as Stepped | null, 0];
  for (const to of [...new Set(cuts.map((cut) => cut % ids.length))]
    .filter((cut) => cut > 0)
    .toSorted((a, b) => a - b)
    .concat(units)) {
    last = await one(from === 0 ? step : null, from, to, units);
    from = to;
  }
  await one({ kind: "close" }, 0, 1, 1);
  return { outcome: last?.outcome ?? null, ...(last?.reused === undefined ? {} : { reused: last.reused }) };
}

test("on a model that is exact by hand, however the pass is cut", async () => {
  const spec: SeatSpec = { ...SPEC, model: "fake", segment: wholeModel(FAKE_ARCHITECTURE), capacity: 64 };
  const reference = new ReferenceHost(async () => fakeHost(), 50);
  const compute = new ModelCompute(new Map([["fake", { openHost: async () => fakeHost(), reference }]]), 1 << 20);
  const shared = Array.from({ length: 40 }, (_, at) => (at * 7) % 61);
  expect((await asked(compute, spec, shared)).reused).toBeUndefined();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 4 }),
      async (own, cuts) => {
        const ids = [...shared, ...own];
        const { outcome, reused = 0 } = await asked(compute, spec, ids, cuts);
        expect(outcome).toMatchObject({ kind: "token", id: fakeContinuation(ids, 1)[0] });
        expect(reused).toBeGreaterThanOrEqual(32);
      },
    ),
    { numRuns: 40 },
  );
  const again = { ...spec, edgeLoad: 2 };
  expect((await asked(compute, { ...again }, shared)).reused, "a pass that is repeated is computed").toBeUndefined();
  await compute.dispose();
});

test("on a house model: the same tokens as without", async () => {
  const house = fileURLToPath(new URL("../../../public/models/concierge-1m", import.meta.url));
  const { manifest } = unwrap(await openModelFolder(house));
  const plan = { models: [{ name: "m", path: house }], backend: "cpu", threads: 1, referenceIdleMs: 50 } as const;
  const spec: SeatSpec = { ...SPEC, model: "m", segment: wholeModel(manifest.architecture), capacity: 128 };
  const [sharing, alone] = [localCompute({ ...plan, prefixBytes: 1 << 24 }), localCompute(plan)];
  const shared = Array.from({ length: 50 }, (_, at) => (at * 29 + 7) % manifest.architecture.vocabulary);
  const reuses: number[] = [];
  for (const own of [[5], [9, 11], [5, 6, 7], [100], [9, 11, 12]]) {
    const { outcome, reused = 0 } = await asked(sharing, spec, [...shared, ...own]);
    expect(outcome).toEqual((await asked(alone, spec, [...shared, ...own])).outcome);
    reuses.push(reused);
  }
  expect(reuses).toEqual([0, 48, 48, 48, 48]);
  await Promise.all([sharing.dispose(), alone.dispose()]);
});
