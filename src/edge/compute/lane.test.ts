import { afterEach, describe, expect, test } from "vitest";
import { ok } from "#core/run/failure.ts";
import { Lane } from "./lane.ts";
import { startWorker, type WorkerPlan } from "./worker.ts";

const PLAN: WorkerPlan = { models: [], backend: "cpu", threads: 1, referenceIdleMs: 10 };
const LIMITS = { length: 10, ofOneOwner: 10, retryAfterMs: 1 };
/** A real worker thread that answers nothing and dies when it is first spoken to. */
const DYING = new URL(
  `data:text/javascript,${encodeURIComponent('import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { throw new Error("planted"); });')}`,
);

let lanes: Lane[] = [];
afterEach(async () => {
  await Promise.all(lanes.map((lane) => lane.end()));
  lanes = [];
});

describe("Lane", () => {
  test("a worker that dies loses its seats, answers who waited, and is started again", async () => {
    const deaths: string[] = [];
    let started = 0;
    const lane = new Lane(
      () => (started++, startWorker(DYING, PLAN)),
      LIMITS,
      (why) => deaths.push(why),
    );
    lanes.push(lane);
    for (const round of [1, 2]) {
      const answers = await Promise.all(
        ["a", "b"].map((owner) => lane.run(owner, (compute) => compute.memory().then(ok))),
      );
      expect(answers[0]).toMatchObject({ ok: false, failure: { code: "session-lost", session: "a" } });
      expect(answers[1]).toMatchObject({ ok: false, failure: { code: "session-lost", session: "b" } });
      expect(started).toBe(2 * round);
      expect(lane.generation).toBe(2 * round);
    }
    expect(deaths[0]).toBe("planted");
  });

  test("an ended lane starts nothing", async () => {
    let started = 0;
    const lane = new Lane(
      () => (started++, startWorker(DYING, PLAN)),
      LIMITS,
      () => {},
    );
    await lane.end();
    expect(await lane.run("a", (compute) => compute.memory().then(ok))).toMatchObject({
      ok: false,
      failure: { code: "session-lost" },
    });
    expect(started).toBe(0);
  });
});
