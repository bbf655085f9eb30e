import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ok } from "#core/run/failure.ts";
import { gate } from "../testing/harness.ts";
import { FairQueue } from "./fair-queue.ts";

const limits = { length: 1000, ofOneOwner: 1000, retryAfterMs: 7 };
describe("FairQueue", () => {
  test("nobody waits for more than one piece of anybody else, and each owner keeps its order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 40 }),
        async (owners) => {
          const queue = new FairQueue(limits);
          const first = gate();
          const done: { owner: string; number: number }[] = [];
          const blocker = queue.enqueue("blocker", async () => ok(await first.passed));
          const all = owners.map((owner, number) =>
            queue.enqueue(owner, async () => ok(void done.push({ owner, number }))),
          );
          expect(queue.depth).toBe(owners.length);
          first.open();
          await Promise.all([blocker, ...all]);
          for (const name of new Set(owners)) {
            const own = done.filter(({ owner }) => owner === name).map(({ number }) => number);
            expect(own).toEqual(own.toSorted((a, b) => a - b));
          }
          // While several owners have work left, no two pieces of one follow each other.
          const twiceInARow = done.filter(
            ({ owner }, turn) =>
              done[turn + 1]?.owner === owner && done.slice(turn + 1).some((later) => later.owner !== owner),
          );
          expect(twiceInARow).toEqual([]);
          expect(queue.depth).toBe(0);
        },
      ),
    );
  });

  test("a long stream that queues itself again lets others in after each token", async () => {
    const queue = new FairQueue(limits);
    const order: string[] = [];
    const step = (owner: string) => queue.enqueue(owner, async () => ok(void order.push(owner)), true);
    const stream = async (owner: string, tokens: number): Promise<void> => {
      for (let token = 0; token < tokens; token++) await step(owner);
    };
    await Promise.all([stream("long", 20), stream("short", 3)]);
    expect(order.lastIndexOf("short")).toBeLessThan(8);
  });

  test("work that throws before it has begun costs its owner alone", async () => {
    const queue = new FairQueue(limits);
    const thrown = queue.enqueue("a", () => {
      throw new Error("planted");
    });
    expect(await thrown).toMatchObject({ ok: false, failure: { code: "internal" } });
    expect(await queue.enqueue("b", async () => ok(1))).toEqual(ok(1));
  });

  test("is bounded over all and for each, but lets what has begun go on", async () => {
    const queue = new FairQueue({ length: 3, ofOneOwner: 2, retryAfterMs: 7 });
    const first = gate();
    const running = queue.enqueue("x", async () => ok(await first.passed));
    const waiting = [queue.enqueue("a", async () => ok(1)), queue.enqueue("a", async () => ok(2))];
    expect(await queue.enqueue("a", async () => ok(3))).toMatchObject({
      ok: false,
      failure: { code: "edge-full", what: "queue", limit: 2, retryAfterMs: 7 },
    });
    waiting.push(queue.enqueue("b", async () => ok(4)));
    expect(await queue.enqueue("c", async () => ok(5))).toMatchObject({
      ok: false,
      failure: { code: "edge-full", limit: 3 },
    });
    const goesOn = queue.enqueue("a", async () => ok(6), true);
    first.open();
    expect(await Promise.all([...waiting, goesOn])).toEqual([ok(1), ok(2), ok(4), ok(6)]);
    await running;
  });

  test("cancelling drops what waits, and a piece that throws costs only itself", async () => {
    const queue = new FairQueue(limits);
    const first = gate();
    const running = queue.enqueue("a", async () => ok(await first.passed));
    const dropped = queue.enqueue("a", async () => ok("never"));
    const thrown = queue.enqueue("b", () => Promise.reject(new Error("planted")));
    const after = queue.enqueue("b", async () => ok("after"));
    queue.cancel("a");
    expect(await dropped).toEqual({ ok: false, failure: { code: "stopped" } });
    first.open();
    expect((await running).ok).toBe(true);
    expect(await thrown).toMatchObject({ ok: false, failure: { code: "internal" } });
    expect(await after).toEqual(ok("after"));
    expect(queue.depth).toBe(0);
  });
});
