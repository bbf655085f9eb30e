import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Work } from "./compute.ts";
import { CHUNK_MS, chunkUnits, Schedule, type Costs, type Job, type QueueLimits, type Turn } from "./schedule.ts";
import { msOf } from "./rates.ts";
import type { Rate, Shape } from "./steps.ts";

const LIMITS: QueueLimits = {
  length: 10_000,
  ofOneOwner: 10_000,
  ofOneOwnerMs: Infinity,
  retryAfterMs: 7,
  batch: 64,
  waitMs: Infinity,
};

/** A job of so many milliseconds: a pass of as many positions, each of which takes one. */
const workOf = (seat: string, ms: number): Work => ({
  seat,
  step: { kind: "activations", position: 0, count: ms, want: "none", payload: new Uint8Array(0) },
});

const ONE_MS: Rate = { passMs: 0, positionMs: 1 };

const costs = (changes: Partial<Costs> = {}): Costs => ({
  shapeOf: ({ step }) => ({ positions: step.kind === "activations" ? step.count : 1, passes: 1, divisible: true }),
  rateOf: () => ONE_MS,
  batchKeyOf: () => null,
  ...changes,
});

/** A schedule whose calls are counted, each chunk taking as long as its units say. */
class Machine {
  readonly schedule: Schedule;
  readonly ran: Turn[] = [];
  readonly ended: Job[] = [];
  nowMs = 0;
  #jobs = 0;

  constructor(limits: Partial<QueueLimits> = {}, changes: Partial<Costs> = {}) {
    this.schedule = new Schedule({ ...LIMITS, ...limits }, costs(changes));
  }

  offer(owner: string, ms: number, goesOn = false): Job {
    const job = this.job(owner, ms, goesOn);
    const refused = this.schedule.offer(job);
    if (refused !== null) throw new Error(`refused: ${JSON.stringify(refused)}`);
    return job;
  }

  job(owner: string, ms: number, goesOn = false): Job {
    return { id: ++this.#jobs, work: workOf(owner, ms), goesOn, sinceMs: this.nowMs };
  }

  /** One call; false where nothing waits. */
  call(): boolean {
    const turns = this.schedule.next();
    for (const turn of turns) this.back(turn);
    return turns.length > 0;
  }

  back(turn: Turn): void {
    this.ran.push(turn);
    const over = turn.to === turn.shape.positions * turn.shape.passes;
    if (this.schedule.settle(turn.job, turn.to - turn.from, over) === "over") this.ended.push(turn.job);
  }

  get owners(): readonly string[] {
    return this.ran.map(({ job }) => job.work.seat);
  }
}

const NAMES = ["a", "b", "c", "d"] as const;
/** What comes: works of some owners, some calls passing between. */
const arrivals = fc.array(
  fc.record({
    owner: fc.constantFrom(...NAMES),
    ms: fc.integer({ min: 1, max: 300 }),
    calls: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
);

describe("Schedule", () => {
  test("loses nothing, doubles nothing, keeps each owner's order, and never rests while work waits", () => {
    fc.assert(
      fc.property(arrivals, (comes) => {
        const machine = new Machine();
        const offered: Job[] = [];
        for (const { owner, ms, calls } of comes) {
          offered.push(machine.offer(owner, ms));
          for (let call = 0; call < calls; call++) {
            const waits = machine.schedule.depth > 0 || machine.schedule.waitingMs > 0;
            expect(machine.call()).toBe(waits);
          }
        }
        while (machine.call());
        expect(machine.ended.toSorted((a, b) => a.id - b.id)).toEqual(offered);
        expect(machine.schedule.waitingMs).toBe(0);
        for (const name of NAMES) {
          const ids = machine.ended.filter(({ work }) => work.seat === name).map(({ id }) => id);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        }
        for (const job of offered) {
          const chunks = machine.ran.filter((turn) => turn.job === job);
          expect(chunks.map(({ from }) => from)).toEqual([0, ...chunks.slice(0, -1).map(({ to }) => to)]);
        }
      }),
    );
  });

  test("starves nobody: while an owner waits for so much, each other gets as much and two chunks at most", () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 200 }), (comes, ms) => {
        const machine = new Machine();
        for (const { owner, ms: others, calls } of comes) {
          machine.offer(owner, others);
          for (let call = 0; call < calls; call++) machine.call();
        }
        const own = machine.offer("late", ms);
        const before = machine.ran.length;
        while (!machine.ended.includes(own)) {
          machine.offer("a", 200); // they never stop
          machine.offer("b", 1);
          machine.call();
        }
        for (const name of NAMES) {
          const got = machine.ran
            .slice(before)
            .filter(({ job }) => job.work.seat === name)
            .reduce((sum, { from, to }) => sum + to - from, 0);
          expect(got).toBeLessThanOrEqual(ms + 2 * CHUNK_MS);
        }
      }),
    );
  });

  test("who asks for little is next after the chunk under way, however many others have long work", () => {
    const machine = new Machine();
    for (let other = 0; other < 20; other++) machine.offer(`long ${other}`, 10_000);
    for (let call = 0; call < 31; call++) machine.call();
    for (let token = 0; token < 5; token++) {
      const turns = machine.schedule.next(); // a chunk is under way when the token's step comes
      machine.offer("short", 2, token > 0);
      turns.forEach((turn) => machine.back(turn));
      machine.call();
      expect(machine.owners.at(-1)).toBe("short");
    }
  });

  test("an answer under way has a token after every chunk, also where it has had its share", () => {
    const machine = new Machine();
    for (let other = 0; other < 20; other++) machine.offer(`long ${other}`, 10_000);
    machine.offer("answer", 5);
    for (let token = 0; token < 200; token++) {
      while (machine.call() && machine.owners.at(-1) !== "answer");
      machine.offer("answer", 5, true);
    }
    const chunks = machine.owners.length - 200;
    expect(chunks).toBeLessThanOrEqual(200 + 1);
    expect(chunks).toBeGreaterThan(150); // the long ones go on
  });

  test("over a long time all that ask without end get the same computing, whatever the size of their works", () => {
    const machine = new Machine();
    const sizes = { a: 1, b: 7, c: 400 };
    for (const [owner, ms] of Object.entries(sizes))
      for (let work = 0; work < 8000 / ms; work++) machine.offer(owner, ms);
    for (let ms = 0; ms < 12_000; ms = machine.ran.reduce((sum, { from, to }) => sum + to - from, 0)) machine.call();
    for (const owner of Object.keys(sizes)) {
      const ran = machine.ran.filter(({ job }) => job.work.seat === owner);
      const got = ran.reduce((sum, { from, to }) => sum + to - from, 0);
      expect(Math.abs(got - 4000)).toBeLessThanOrEqual(CHUNK_MS);
    }
  });

  test("nobody waits for more than one piece of anybody else where all are alike", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 40 }), (owners) => {
        const machine = new Machine();
        for (const owner of owners) machine.offer(owner, 5);
        expect(machine.schedule.depth).toBe(owners.length);
        while (machine.call());
        // While several owners have work left, no two pieces of one follow each other.
        const done = machine.owners;
        const twiceInARow = done.filter(
          (owner, turn) => done[turn + 1] === owner && done.slice(turn + 1).some((later) => later !== owner),
        );
        expect(twiceInARow).toEqual([]);
        expect(machine.schedule.depth).toBe(0);
      }),
    );
  });

  test("nothing runs of what was dropped: at once where it waits, from the next chunk where it runs", () => {
    fc.assert(
      fc.property(arrivals, fc.constantFrom(...NAMES), (comes, gone) => {
        const machine = new Machine();
        for (const { owner, ms, calls } of comes) {
          machine.offer(owner, ms);
          for (let call = 0; call < calls; call++) machine.call();
        }
        const turns = machine.schedule.next();
        const before = machine.ran.length + turns.length;
        const { waiting } = machine.schedule.drop(gone);
        expect(waiting.every(({ work }) => work.seat === gone)).toBe(true);
        turns.forEach((turn) => machine.back(turn));
        const again = machine.offer(gone, 3); // it may come back
        while (machine.call());
        expect(machine.ran.slice(before).filter(({ job }) => job.work.seat === gone)).toEqual([
          expect.objectContaining({ job: again }),
        ]);
        expect(machine.schedule.waitingMs).toBe(0);
      }),
    );
  });

  test("says which of what it dropped had begun, and which chunk came back to nobody", () => {
    const { schedule } = new Machine();
    const [long, next]: readonly Job[] = [1, 2].map((id) => ({
      id,
      work: workOf("a", 120),
      goesOn: false,
      sinceMs: 0,
    }));
    if (long === undefined || next === undefined) throw new Error("two jobs");
    schedule.offer(long);
    schedule.offer(next);
    schedule.next();
    expect(schedule.settle(long, 50, false)).toBe("goes-on");
    schedule.next();
    expect(schedule.drop("a")).toEqual({ waiting: [next], begun: false });
    expect(schedule.settle(long, 50, false)).toBe("dropped");
    schedule.offer(long);
    schedule.next();
    schedule.settle(long, 50, false);
    expect(schedule.drop("a")).toEqual({ waiting: [long], begun: true });
    expect(schedule.next()).toEqual([]);
  });

  test("is bounded in number over all and for each, and lets what has begun go on", () => {
    const machine = new Machine({ length: 3, ofOneOwner: 2 });
    machine.offer("x", 1);
    const running = machine.schedule.next();
    machine.offer("a", 1);
    machine.offer("a", 1);
    expect(machine.schedule.offer(machine.job("a", 1))).toEqual({
      code: "edge-full",
      what: "queue",
      limit: 2,
      retryAfterMs: 7, // the least: there are 3 ms in front of it
    });
    machine.offer("b", 1);
    expect(machine.schedule.offer(machine.job("c", 1))).toMatchObject({ code: "edge-full", limit: 3 });
    machine.offer("a", 1, true);
    running.forEach((turn) => machine.back(turn));
    while (machine.call());
    expect(machine.owners.join("")).toBe("xabaa");
  });

  test("a refusal says how long what is in front takes: its own, and as much of each other's", () => {
    const machine = new Machine({ length: 5, ofOneOwner: 2 });
    machine.offer("a", 400);
    machine.offer("a", 200);
    machine.offer("b", 1000);
    machine.offer("c", 60);
    expect(machine.schedule.offer(machine.job("a", 1))).toMatchObject({ retryAfterMs: 600 + 600 + 60 });
    machine.call(); // 40 ms of a's first are done
    expect(machine.schedule.offer(machine.job("a", 1))).toMatchObject({ retryAfterMs: 2 * (600 - 40) + 60 });
    machine.offer("d", 1);
    machine.offer("e", 1);
    expect(machine.schedule.offer(machine.job("f", 1))).toMatchObject({ limit: 5, retryAfterMs: 1662 - 40 });
  });

  test("is bounded in time for each: more is refused where something waits, and one work always fits", () => {
    const machine = new Machine({ ofOneOwnerMs: 100 });
    machine.offer("a", 500);
    expect(machine.schedule.offer(machine.job("a", 1))).toMatchObject({ code: "edge-full", retryAfterMs: 500 });
    machine.offer("b", 60);
    machine.offer("b", 40);
    expect(machine.schedule.offer(machine.job("b", 1))).toMatchObject({ code: "edge-full" });
    machine.offer("b", 1, true);
  });
});

describe("batches", () => {
  const keyed = (): Machine =>
    new Machine({}, { batchKeyOf: ({ seat }) => (seat.startsWith("other") ? "other" : "same") });

  test("what is due under one key goes in one call, one piece of each owner, in fair order", () => {
    const machine = keyed();
    for (const owner of ["b", "other", "a", "b"]) machine.offer(owner, 10);
    expect(machine.schedule.next().map(({ job }) => job.work.seat)).toEqual(["b", "a"]);
  });

  test("nobody whose turn it is waits for a longer piece that is not short itself", () => {
    const machine = keyed();
    for (const [owner, ms] of Object.entries({ a: 30, b: 5, c: 9 })) machine.offer(owner, ms);
    expect(machine.schedule.next().map(({ job }) => job.work.seat)).toEqual(["b", "c"]);
  });

  test("a call is of so many works at most", () => {
    const machine = new Machine({ batch: 3 }, { batchKeyOf: () => "same" });
    for (const owner of ["a", "b", "c", "d"]) machine.offer(owner, 1);
    expect(machine.schedule.next()).toHaveLength(3);
  });

  test("what is short joins a chunk of a long work, and adds its positions, not a pass of its own", () => {
    const rate = { passMs: 4, positionMs: 0.5 };
    const machine = new Machine({}, { batchKeyOf: () => "same", rateOf: () => rate });
    const tokens = Array.from({ length: 30 }, (_, i) => `token${i}`);
    for (const owner of tokens) machine.offer(owner, 1);
    expect(machine.schedule.next()).toHaveLength(30); // 4 + 30 · 0.5 ms; passes of their own would be 135
    const turns = new Machine({}, { batchKeyOf: () => "same", rateOf: () => rate });
    for (const owner of ["a", "b", "long"]) turns.offer(owner, owner === "long" ? 400 : 1);
    for (const { job } of turns.schedule.next()) turns.schedule.settle(job, 60, true);
    for (const owner of ["a", "b"]) turns.offer(owner, 1);
    expect(turns.schedule.next().map(({ job }) => job.work.seat)).toEqual(["long", "a", "b"]);
  });

  test("what is short joins also behind others that do not fit any more, as far as short works may in all", () => {
    const machine = keyed();
    for (const owner of ["a", "b", "c"]) machine.offer(owner, 4_000);
    let long = 0;
    for (let token = 0; token < 100; token++) {
      for (const owner of ["d", "e", "f"]) machine.offer(owner, 4, token > 0);
      const turns = machine.schedule.next();
      const owners = turns.map(({ job }) => job.work.seat);
      expect(owners).toEqual(expect.arrayContaining(["d", "e", "f"]));
      if (owners.length > 3) long++;
      turns.forEach((turn) => machine.back(turn));
    }
    expect(long).toBeGreaterThan(10);
  });

  test("where a pass alone takes longer than a chunk, as of a large model, others join it all the same", () => {
    const rate = { passMs: 80, positionMs: 4 };
    const machine = new Machine({}, { batchKeyOf: () => "same", rateOf: () => rate });
    for (const [owner, positions] of Object.entries({ a: 1, b: 5, c: 1, d: 1 })) machine.offer(owner, positions);
    expect(machine.schedule.next().map(({ job }) => job.work.seat)).toEqual(["a", "c", "d"]); // a window of b's adds 20
  });

  test("who repeats his pass joins one that is made once where the others' wait is short, and not else", () => {
    const together = (passes: number): readonly string[] => {
      const machine = new Machine(
        {},
        {
          batchKeyOf: () => "same",
          rateOf: () => ({ passMs: 4, positionMs: 0.5 }),
          shapeOf: ({ seat }) => ({ positions: 1, passes: seat === "repeats" ? passes : 1, divisible: true }),
        },
      );
      for (const owner of ["a", "repeats", "b"]) machine.offer(owner, 1);
      return machine.schedule.next().map(({ job }) => job.work.seat);
    };
    expect(together(3)).toEqual(["a", "b", "repeats"]); // 8 ms more
    expect(together(11)).toEqual(["a", "b"]); // 40 ms more
  });

  test("a call takes no longer than a chunk may, and what does not fit is first in the next", () => {
    const machine = keyed();
    for (const owner of ["a", "b", "c", "d"]) machine.offer(owner, 20);
    machine.call();
    expect(machine.owners.join("")).toBe("ab");
    machine.offer("a", 20);
    machine.call();
    expect(machine.owners.join("")).toBe("abcd");
  });
});

describe("chunkUnits", () => {
  const shapes: fc.Arbitrary<Shape> = fc.record({
    positions: fc.integer({ min: 1, max: 100 }),
    passes: fc.integer({ min: 1, max: 8 }),
    divisible: fc.boolean(),
  });
  const rates: fc.Arbitrary<Rate> = fc.record({
    passMs: fc.double({ min: 0, max: 100, noNaN: true }),
    positionMs: fc.double({ min: 0, max: 100, noNaN: true }),
  });

  test("chunks add up to the whole, keep to the time where they can, and never end within a pass that cannot be cut", () => {
    fc.assert(
      fc.property(shapes, rates, (shape, rate) => {
        const units = shape.positions * shape.passes;
        let done = 0;
        const longestMs = [];
        while (done < units) {
          const next = chunkUnits(shape, rate, done);
          if (next < 1 || (!shape.divisible && next % shape.positions !== 0)) throw new Error(`a chunk of ${next}`);
          longestMs.push(rate.passMs * Math.ceil(next / shape.positions) + rate.positionMs * next);
          done += next;
        }
        const leastMs = shape.divisible ? msOf(rate, Math.min(8, shape.positions)) : msOf(rate, shape.positions);
        expect(Math.max(...longestMs)).toBeLessThanOrEqual(Math.max(CHUNK_MS, 3 * rate.passMs, leastMs) * 1.0001);
        expect(done).toBe(units);
      }),
    );
  });

  test("a long prompt is cut into multiples of eight, and a few at least", () => {
    const prompt: Shape = { positions: 511, passes: 1, divisible: true };
    expect(chunkUnits(prompt, { passMs: 5, positionMs: 0.6 }, 0)).toBe(56);
    expect(chunkUnits(prompt, { passMs: 5, positionMs: 0.6 }, 504)).toBe(7);
    expect(chunkUnits(prompt, { passMs: 5, positionMs: 30 }, 0)).toBe(8);
  });
});
