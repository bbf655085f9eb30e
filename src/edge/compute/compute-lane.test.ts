import { afterEach, describe, expect, test } from "vitest";
import { ok, refuse, type Result } from "#core/run/failure.ts";
import { gate, until } from "../testing/harness.ts";
import type { Chunk, Compute, Outcome, SeatSpec, Step, Stepped } from "./compute.ts";
import { ComputeLane, type Done } from "./compute-lane.ts";
import { CHUNK_MS, type QueueLimits } from "./schedule.ts";
import { startWorker, type WorkerPlan } from "./worker.ts";

const PLAN: WorkerPlan = { models: [], backend: "cpu", threads: 1, referenceIdleMs: 10 };
const LIMITS = { length: 10, ofOneOwner: 10, ofOneOwnerMs: 1000, retryAfterMs: 1, batch: 64, waitMs: Infinity };
/** A real worker thread that answers nothing and dies when it is first spoken to. */
const DYING = new URL(
  `data:text/javascript,${encodeURIComponent('import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { throw new Error("planted"); });')}`,
);

const ids = (count: number, position = 0): Step<"ids"> => ({
  kind: "ids",
  position,
  ids: new Uint32Array(count),
  want: "none",
});

let lanes: ComputeLane[] = [];
afterEach(async () => {
  await Promise.all(lanes.map((lane) => lane.end()));
  lanes = [];
});

describe("Lane", () => {
  test("a worker that dies loses its seats, answers who waited, and is started again", async () => {
    const deaths: string[] = [];
    let started = 0;
    const lane = new ComputeLane({
      start: () => (started++, startWorker(DYING, PLAN)),
      limits: LIMITS,
      manifests: new Map(),
      onDeath: (why) => deaths.push(why),
    });
    lanes.push(lane);
    for (const round of [1, 2]) {
      const answers = await Promise.all(["a", "b"].map((seat) => lane.run({ seat, step: ids(1) })));
      expect(answers[0]).toMatchObject({ ok: false, failure: { code: "session-lost", session: "a" } });
      expect(answers[1]).toMatchObject({ ok: false, failure: { code: "session-lost", session: "b" } });
      expect(started).toBe(2 * round);
      expect(lane.generation).toBe(2 * round);
    }
    expect(deaths[0]).toBe("planted");
  });

  test("an ended lane starts nothing", async () => {
    let started = 0;
    const lane = new ComputeLane({
      start: () => (started++, startWorker(DYING, PLAN)),
      limits: LIMITS,
      manifests: new Map(),
      onDeath: () => {},
    });
    await lane.end();
    expect(await lane.run({ seat: "a", step: ids(1) })).toMatchObject({
      ok: false,
      failure: { code: "session-lost" },
    });
    expect(started).toBe(0);
  });
});

const SPEC: SeatSpec = {
  model: "m",
  segment: { embedding: true, from: 0, to: 4, head: true },
  codec: "f32",
  capacity: 512,
  kvCache: true,
  sampling: null,
  verify: null,
  draft: null,
  edgeLoad: 1,
};

const runtime = { runtime: "fake", backend: "cpu", adapter: null, software: false, threads: 1 } as const;
const OPENED: Outcome = { kind: "opened", opened: { runtime, weightBytes: 1, kvBytes: 1, batches: true } };

/** A compute whose clock only its own work moves: a millisecond a position, shared by a call, and who waits for it waits on the test. */
class FakeCompute implements Compute {
  nowMs = 0;
  /** What reached it: the seats and units of each call. */
  readonly calls: string[][] = [];
  /** A seat whose steps fail. */
  failing: string | null = null;
  /** Each call waits for it. */
  hold: (call: number) => Promise<void> = () => Promise.resolve();
  /** The whole call throws. */
  throws: Error | null = null;

  async stepMany(chunks: readonly Chunk[]): Promise<readonly Result<Stepped>[]> {
    this.calls.push(chunks.map(({ seat, from, to }) => `${seat} ${from}-${to}`));
    await this.hold(this.calls.length);
    if (this.throws !== null) throw this.throws;
    const ms = chunks.reduce((sum, { from, to }) => sum + to - from, 0);
    this.nowMs += ms;
    return chunks.map((chunk) => this.#step(chunk, ms, chunks.length));
  }

  #step({ seat, step, from, to, of }: Chunk, ms: number, batch: number): Result<Stepped> {
    if (seat === this.failing) return refuse({ code: "internal", where: "planted", what: seat });
    const outcome: Outcome = step?.kind === "open" ? OPENED : { kind: "done", position: to };
    return ok({ outcome: to === of ? outcome : null, held: to, computed: to - from, computeUs: ms * 1000, batch });
  }

  memory = (): Promise<readonly []> => Promise.resolve([]);
  dispose = (): Promise<void> => Promise.resolve();
}

function laneOver(compute: Compute, limits: Partial<QueueLimits> = {}): ComputeLane {
  const handle = { compute, died: new Promise<string>(() => {}), end: () => compute.dispose() };
  const lane = new ComputeLane({
    start: () => handle,
    limits: { ...LIMITS, ofOneOwnerMs: Infinity, ...limits },
    manifests: new Map(),
    onDeath: () => {},
  });
  lanes.push(lane);
  return lane;
}

/** Seats that are open, and what was measured of their segment: a millisecond a position. */
async function seated(lane: ComputeLane, specs: Readonly<Record<string, Partial<SeatSpec>>>): Promise<void> {
  for (const [seat, changes] of Object.entries(specs)) {
    await lane.run({ seat, step: { kind: "open", spec: { ...SPEC, ...changes } } });
    await lane.run({ seat, step: ids(1) });
    await lane.run({ seat, step: ids(20) });
  }
}

describe("works of several seats", () => {
  test("that are due together reach the compute as one call, in fair order, and each gets its own answer", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute);
    await seated(lane, {
      a: {},
      b: { segment: { ...SPEC.segment, embedding: false, from: 2 } },
      other: { model: "another" },
    });
    compute.calls.length = 0;
    const answers = await Promise.all([
      lane.run({ seat: "b", step: ids(3) }),
      lane.run({ seat: "other", step: ids(1) }),
      lane.run({ seat: "a", step: ids(2) }),
    ]);
    // All stand alike, so the shortest is first; `other` is of another model, so it goes alone, and a cut does not matter.
    expect(compute.calls).toEqual([["other 0-1"], ["a 0-2", "b 0-3"]]);
    expect(answers).toMatchObject([
      { value: { outcome: { kind: "done", position: 3 }, computeUs: 5000, batch: 2 } },
      { value: { outcome: { position: 1 }, batch: 1 } },
      { value: { outcome: { position: 2 }, computeUs: 5000, batch: 2 } },
    ]);
  });

  test("one that fails costs its owner alone", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute);
    await seated(lane, { a: {}, b: {}, c: {} });
    compute.calls.length = 0;
    compute.failing = "b";
    const answers = await Promise.all(["a", "b", "c"].map((seat) => lane.run({ seat, step: ids(4) })));
    expect(compute.calls).toHaveLength(1);
    expect(answers).toMatchObject([
      { ok: true, value: { outcome: { position: 4 } } },
      { ok: false, failure: { code: "internal", what: "b" } },
      { ok: true, value: { outcome: { position: 4 } } },
    ]);
    expect(await lane.run({ seat: "a", step: ids(1) })).toMatchObject({ ok: true });
  });

  test("streams that go on for token after token stay together", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute);
    await seated(lane, { a: {}, b: {}, c: {} });
    compute.calls.length = 0;
    const stream = async (seat: string): Promise<void> => {
      for (let token = 0; token < 10; token++) await lane.run({ seat, step: ids(1) }, token > 0);
    };
    await Promise.all(["a", "b", "c"].map(stream));
    expect(compute.calls.map((seats) => seats.length)).toEqual(Array(10).fill(3));
  });

  test("a long stream that asks again and again lets others in after each token", async () => {
    const lane = laneOver(new FakeCompute());
    const order: string[] = [];
    const stream = async (owner: string, tokens: number): Promise<void> => {
      for (let token = 0; token < tokens; token++) {
        await lane.run({ seat: owner, step: ids(1) }, true);
        order.push(owner);
      }
    };
    await Promise.all([stream("long", 20), stream("short", 3)]);
    expect(order.lastIndexOf("short")).toBeLessThan(8);
  });

  test("a call that throws is answered, and the turns go on", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute);
    compute.throws = new Error("planted");
    expect(await lane.run({ seat: "a", step: ids(1) })).toMatchObject({ ok: false, failure: { code: "internal" } });
    compute.throws = null;
    expect(await lane.run({ seat: "b", step: ids(1) })).toMatchObject({ ok: true });
  });

  test("a queue that is full refuses what is new and lets what has begun go on", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute, { length: 3, ofOneOwner: 2, retryAfterMs: 7 });
    const first = gate();
    compute.hold = () => first.passed;
    const running = lane.run({ seat: "x", step: ids(1) });
    const waiting = [lane.run({ seat: "a", step: ids(1) }), lane.run({ seat: "a", step: ids(2) })];
    expect(await lane.run({ seat: "a", step: ids(3) })).toMatchObject({
      ok: false,
      failure: { code: "edge-full", what: "queue", limit: 2 },
    });
    waiting.push(lane.run({ seat: "b", step: ids(4) }));
    expect(await lane.run({ seat: "c", step: ids(5) })).toMatchObject({
      ok: false,
      failure: { code: "edge-full", limit: 3 },
    });
    const goesOn = lane.run({ seat: "a", step: ids(6) }, true);
    first.open();
    expect((await Promise.all([...waiting, goesOn])).map(positionOf)).toEqual([1, 2, 4, 6]);
    expect(positionOf(await running)).toBe(1);
  });
});

const positionOf = (done: Result<Done>): number | null =>
  done.ok && done.value.outcome.kind === "done" ? done.value.outcome.position : null;

describe("what nobody waits for any more", () => {
  test("is refused where it has waited too long to begin; what has begun goes on", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute, { waitMs: 20 });
    const first = gate();
    compute.hold = (call) => (call === 1 ? first.passed : Promise.resolve());
    const running = lane.run({ seat: "a", step: ids(1) });
    const [late, goesOn] = [lane.run({ seat: "b", step: ids(2) }), lane.run({ seat: "c", step: ids(3) }, true)];
    await new Promise((resolve) => setTimeout(resolve, 40));
    first.open();
    expect(await late).toMatchObject({ ok: false, failure: { code: "edge-full", what: "queue" } });
    expect([positionOf(await running), positionOf(await goesOn)]).toEqual([1, 3]);
    expect(compute.calls.flat()).toEqual(["a 0-1", "c 0-3"]);
  });

  test("is answered at once where it waits; a piece that runs is its own affair", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute);
    const first = gate();
    compute.hold = () => first.passed;
    const running = lane.run({ seat: "a", step: ids(1) });
    const dropped = lane.run({ seat: "a", step: ids(2) });
    const after = lane.run({ seat: "b", step: ids(3) });
    lane.drop("a");
    expect(await dropped).toEqual({ ok: false, failure: { code: "stopped" } });
    first.open();
    expect((await running).ok).toBe(true);
    expect(positionOf(await after)).toBe(3);
    expect(compute.calls.flat()).toEqual(["a 0-1", "b 0-3"]);
    expect(lane.depth).toBe(0);
  });

  test("ends at the next chunk where it runs, and what it left at the compute is freed", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute);
    await seated(lane, { a: {} });
    compute.calls.length = 0;
    const chunk = gate();
    compute.hold = (call) => (call === 2 ? chunk.passed : Promise.resolve());
    const long = lane.run({ seat: "a", step: ids(511) });
    await until(() => compute.calls.length === 2);
    lane.drop("a");
    chunk.open();
    expect(await long).toEqual({ ok: false, failure: { code: "stopped" } });
    await until(() => compute.calls.length === 3);
    expect(compute.calls.flat()).toEqual(["a 0-40", "a 40-80", "a 0-1"]); // the last one is the abandoning
  });

  test("an honest session's next token waits for one chunk, while another sends the longest prefill at edgeLoad 64 and is gone", async () => {
    const compute = new FakeCompute();
    const lane = laneOver(compute);
    await seated(lane, { honest: {}, hostile: { edgeLoad: 64 } });
    compute.calls.length = 0;
    const gapsMs: number[] = [];
    let asking = false;
    const ask = async (): Promise<void> => {
      const beganMs = compute.nowMs;
      asking = true;
      expect((await lane.run({ seat: "honest", step: ids(1) }, true)).ok).toBe(true);
      asking = false;
      gapsMs.push(compute.nowMs - beganMs);
      if (gapsMs.length === 8) lane.drop("hostile"); // its socket was reset
    };
    // Each time a chunk of the other one has just begun, the next token is asked for.
    compute.hold = async () => void (!asking && gapsMs.length < 8 && void ask());
    const beganMs = compute.nowMs;
    expect(await lane.run({ seat: "hostile", step: ids(511) })).toEqual({ ok: false, failure: { code: "stopped" } });
    expect(gapsMs).toHaveLength(8);
    expect(Math.max(...gapsMs)).toBeLessThanOrEqual(CHUNK_MS + 1);
    for (let token = 0; token < 5; token++) await lane.run({ seat: "honest", step: ids(1) }, true);
    // Of the 32,704 ms that it asked for there was a chunk for each token, and one that had begun.
    expect(compute.nowMs - beganMs).toBeLessThanOrEqual(9 * CHUNK_MS + 8 + 5 + 1);
  });
});
