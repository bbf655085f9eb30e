/** A step gives the same however it is cut: on a model that is exact by hand, and on a house model to float32's rounding. */
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { f32 } from "#core/codec/floats/f32.ts";
import { unwrap } from "#core/run/failure.ts";
import { fakeContinuation, fakeHost, FAKE_ARCHITECTURE, type FakeHost } from "../testing/fake-model.ts";
import { stepMany } from "../testing/harness.ts";
import { wholeModel } from "#core/model/architecture.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import type { Compute, Outcome, SeatSpec, Step } from "./compute.ts";
import { localCompute } from "./local.ts";
import { ModelCompute } from "./model-compute.ts";
import { ReferenceHost } from "./reference.ts";

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 };
const whole: SeatSpec = {
  model: "fake",
  segment: wholeModel(FAKE_ARCHITECTURE),
  codec: "f32",
  capacity: 64,
  kvCache: true,
  sampling: GREEDY,
  verify: "greedy",
  draft: null,
  edgeLoad: 1,
};
const middle = { ...whole, segment: { embedding: false, from: 1, to: 3, head: false } };
const end = { ...whole, segment: { embedding: false, from: 1, to: 4, head: true } };

function fakeCompute(reference: FakeHost = fakeHost()): ModelCompute {
  return new ModelCompute(
    new Map([["fake", { openHost: async () => fakeHost(), reference: new ReferenceHost(async () => reference, 50) }]]),
  );
}

let seats = 0;
/** A seat that has seen `before`, asked for `step` in chunks that end at `cuts`, of `of` units. */
async function outcomeOf(
  compute: Compute,
  spec: SeatSpec,
  before: readonly Step[],
  step: Step,
  { of, cuts = [] }: { readonly of: number; readonly cuts?: readonly number[] },
): Promise<Outcome> {
  const seat = `seat ${++seats}`;
  for (const first of [{ kind: "open" as const, spec }, ...before])
    unwrap((await stepMany(compute, [{ seat, step: first, from: 0, to: 1, of: 1 }]))[0]!);
  const ends = [...new Set(cuts.map((cut) => cut % of))].filter((cut) => cut > 0).toSorted((a, b) => a - b);
  let outcome: Outcome | null = null;
  let from = 0;
  for (const to of [...ends, of]) {
    const [stepped] = await stepMany(compute, [
      { seat, step: from === 0 ? structuredClone(step) : null, from, to, of },
    ]);
    outcome = unwrap(stepped!).outcome;
    expect(outcome === null).toBe(to < of);
    from = to;
  }
  await stepMany(compute, [{ seat, step: { kind: "close" }, from: 0, to: 1, of: 1 }]);
  if (outcome === null) throw new Error("no outcome");
  return outcome;
}

const IDS = Uint32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3);
const rows = (count: number): Uint8Array =>
  f32.encode(
    Float32Array.from({ length: 4 * count }, (_, at) => (at % 4 === 0 ? at % 7 : 0)),
    count,
    4,
  );
const CASES: Readonly<Record<string, { readonly spec: SeatSpec; readonly step: Step; readonly positions: number }>> = {
  "ids for a token": { spec: whole, step: { kind: "ids", position: 0, ids: IDS, want: "last" }, positions: 10 },
  "ids for nothing": { spec: whole, step: { kind: "ids", position: 0, ids: IDS, want: "none" }, positions: 10 },
  "activations for all rows": {
    spec: middle,
    step: { kind: "activations", position: 0, count: 9, want: "all", payload: rows(9) },
    positions: 9,
  },
  "activations for the last row": {
    spec: middle,
    step: { kind: "activations", position: 0, count: 9, want: "last", payload: rows(9) },
    positions: 9,
  },
  score: {
    spec: end,
    step: { kind: "score", position: 0, targets: IDS.slice(0, 8), payload: rows(8) },
    positions: 8,
  },
  "a window behind a prompt": {
    spec: whole,
    step: {
      kind: "verify",
      position: 0,
      ids: Uint32Array.of(...IDS, ...fakeContinuation([...IDS], 3), 60),
      drafted: 4,
      follows: false,
      payload: new Uint8Array(0),
    },
    positions: 14,
  },
};

describe("a step in chunks", () => {
  for (const [name, { spec, step, positions }] of Object.entries(CASES))
    test(`gives what it gives in one piece: ${name}`, async () => {
      const expected = await outcomeOf(fakeCompute(), spec, [], step, { of: positions });
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 3 }),
          fc.array(fc.nat(100), { maxLength: 6 }),
          async (passes, cuts) => {
            expect(await outcomeOf(fakeCompute(), spec, [], step, { of: positions * passes, cuts })).toEqual(expected);
          },
        ),
        { numRuns: 40 },
      );
    });

  test("the same of a check's candidates", async () => {
    const reference = fakeHost();
    const compute = fakeCompute(reference);
    const step: Step = { kind: "candidates", ids: IDS, judged: 4 };
    const expected = await outcomeOf(compute, whole, [], step, { of: 9 });
    expect(expected).toMatchObject({ kind: "candidates", ranks: { length: 4 } });
    for (const cuts of [[1], [4], [5, 6], [8]])
      expect(await outcomeOf(compute, whole, [], step, { of: 9, cuts })).toEqual(expected);
    expect(reference.openSessions()).toBe(0);
  });

  test("the same of a check, whose session is closed when it is done and when it is given up", async () => {
    const reference = fakeHost();
    const compute = fakeCompute(reference);
    const step: Step = { kind: "check", ids: IDS, judged: 4 };
    const expected = await outcomeOf(compute, whole, [], step, { of: 9 });
    expect(expected).toMatchObject({ kind: "verdicts" });
    for (const cuts of [[1], [4], [5, 6], [8], [1, 2, 3, 4, 5, 6, 7, 8]])
      expect(await outcomeOf(compute, whole, [], step, { of: 9, cuts })).toEqual(expected);
    expect(reference.openSessions()).toBe(0);
    const at = { seat: "a", from: 0, to: 1, of: 1 };
    await stepMany(compute, [{ ...at, step: { kind: "open", spec: whole } }]);
    await stepMany(compute, [{ ...at, step, to: 3, of: 9 }]);
    expect(reference.openSessions()).toBe(1);
    await stepMany(compute, [{ ...at, step: { kind: "abandon" } }]);
    expect(reference.openSessions()).toBe(0);
  });

  test("a window that rests on a fallen token is dropped without computing", async () => {
    const compute = fakeCompute();
    const window = { kind: "verify", position: 0, drafted: 1, payload: new Uint8Array(0) } as const;
    const ids = Uint32Array.of(3, 1, 60);
    const at = { seat: "a", from: 0, to: 1, of: 1 };
    await stepMany(compute, [{ ...at, step: { kind: "open", spec: whole } }]);
    await stepMany(compute, [{ ...at, step: { ...window, ids, follows: false }, to: 3, of: 3 }]);
    const [dropped] = await stepMany(compute, [
      { ...at, step: { ...window, position: 2, ids: ids.slice(1), follows: true }, to: 1, of: 2 },
    ]);
    expect(unwrap(dropped!)).toMatchObject({ computed: 0, outcome: { kind: "verified", dropped: true } });
  });

  test("one seat's failure is its own, in a call with another's", async () => {
    const compute = fakeCompute();
    const of = { from: 0, to: 1, of: 1 };
    for (const seat of ["a", "b"]) await stepMany(compute, [{ seat, step: { kind: "open", spec: whole }, ...of }]);
    const ids = Uint32Array.of(1);
    const answers = await stepMany(compute, [
      { seat: "a", step: { kind: "ids", position: 5, ids, want: "last" }, ...of },
      { seat: "gone", step: { kind: "ids", position: 0, ids, want: "last" }, ...of },
      { seat: "b", step: { kind: "ids", position: 0, ids, want: "last" }, ...of },
    ]);
    expect(answers).toMatchObject([
      { ok: false, failure: { code: "position-gap" } },
      { ok: false, failure: { code: "session-lost", session: "gone" } },
      { ok: true, value: { outcome: { kind: "token" } } },
    ]);
  });
});

describe("a prompt in chunks on a house model", () => {
  const path = fileURLToPath(new URL("../../../public/models/concierge-1m", import.meta.url));
  const compute = localCompute({
    models: [{ name: "concierge-1m", path }],
    backend: "cpu",
    threads: 1,
    referenceIdleMs: 50,
  });
  afterAll(() => compute.dispose());

  test("gives the same token, and activations that differ by rounding alone", async () => {
    const { architecture } = unwrap(await openModelFolder(path)).manifest;
    const count = 96;
    const ids = Uint32Array.from({ length: count }, (_, at) => (at * 37 + 11) % architecture.vocabulary);
    const spec: SeatSpec = { ...whole, model: "concierge-1m", segment: wholeModel(architecture), capacity: 128 };
    const ask: Step = { kind: "ids", position: 0, ids, want: "last" };
    const cuts = [16, 48, 49, 80];
    expect(await outcomeOf(compute, spec, [], ask, { of: count, cuts })).toEqual(
      await outcomeOf(compute, spec, [], ask, { of: count }),
    );
    const front = { ...spec, segment: { embedding: false, from: 1, to: architecture.blocks, head: false } };
    const hidden = Float32Array.from({ length: count * architecture.hidden }, (_, at) => Math.sin(at));
    const payload = f32.encode(hidden, count, architecture.hidden);
    const activations: Step = { kind: "activations", position: 0, count, want: "all", payload };
    const [one, cut] = await Promise.all(
      [[], cuts].map(async (at) => {
        const outcome = await outcomeOf(compute, front, [], activations, { of: count, cuts: at });
        if (outcome.kind !== "activations") throw new Error(outcome.kind);
        return unwrap(f32.decode(outcome.payload, outcome.count, architecture.hidden));
      }),
    );
    if (one === undefined || cut === undefined) throw new Error("two answers");
    const largest = one.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = one.reduce((most, value, at) => Math.max(most, Math.abs(value - (cut[at] ?? NaN))), 0);
    expect(cut.length).toBe(one.length);
    expect(apart / largest).toBeLessThan(1e-4);
  });
});

describe("decoding in a row", () => {
  const PROMPT = Uint32Array.of(3, 1, 4);
  const decode = (most: number, stopIds: readonly number[] = []): Step => ({
    kind: "decode",
    position: 2,
    id: 4,
    most,
    stopIds,
  });
  const filled = async (seats: readonly string[]): Promise<ModelCompute> => {
    const compute = fakeCompute();
    for (const seat of seats) {
      const prefill: Step = { kind: "ids", position: 0, ids: PROMPT.slice(0, 2), want: "none" };
      unwrap((await stepMany(compute, [{ seat, step: { kind: "open", spec: whole }, from: 0, to: 1, of: 1 }]))[0]!);
      unwrap((await stepMany(compute, [{ seat, step: prefill, from: 0, to: 2, of: 2 }]))[0]!);
    }
    return compute;
  };
  const call = async (
    compute: ModelCompute,
    steps: Readonly<Record<string, Step>>,
    waiting: (told: number) => boolean = () => false,
  ) => {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const told: Record<string, number[]> = {};
    const results = await compute.stepMany(
      Object.entries(steps).map(([seat, step]) => ({ seat, step, from: 0, to: 1, of: 1 })),
      {
        waiting: flag,
        tell: (seat, { id }) => {
          (told[seat] ??= []).push(id);
          if (waiting(told[seat].length)) Atomics.store(flag, 0, 1);
        },
      },
    );
    return { told, outcomes: results.map((result) => unwrap(result).outcome) };
  };
  const expected = fakeContinuation([...PROMPT], 12);

  test("tells the tokens that single steps give, as many as are wanted", async () => {
    const { told, outcomes } = await call(await filled(["a"]), { a: decode(12) });
    expect(told["a"]).toEqual(expected);
    expect(outcomes).toEqual([{ kind: "decoded", tokens: 12 }]);
  });

  test("ends behind a token that ends the text", async () => {
    const { told } = await call(await filled(["a"]), { a: decode(12, [expected[4] ?? 0]) });
    expect(told["a"]).toEqual(expected.slice(0, expected.indexOf(expected[4] ?? 0) + 1));
  });

  test("ends where somebody else waits", async () => {
    const { told } = await call(await filled(["a"]), { a: decode(12) }, (count) => count === 3);
    expect(told["a"]).toEqual(expected.slice(0, 3));
  });

  test("two rows end together; beside anything else there is one token", async () => {
    const rows = await call(await filled(["a", "b"]), { a: decode(12), b: decode(2) });
    expect(rows.told["b"]).toHaveLength(2);
    expect(rows.told["a"]?.length).toBeLessThanOrEqual(3);
    const mixed = await call(await filled(["a", "b"]), {
      a: decode(12),
      b: { kind: "ids", position: 2, ids: PROMPT.slice(2), want: "last" },
    });
    expect(mixed.told["a"]).toEqual(expected.slice(0, 1));
  });
});
