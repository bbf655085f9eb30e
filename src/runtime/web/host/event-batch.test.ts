import { describe, expect, test, vi } from "vitest";
import type { RunEvent } from "#core/run/worker-api.ts";
import { inBatches } from "./event-batch.ts";

const event = (done: number): RunEvent => ({
  kind: "progress",
  phase: "decode",
  done,
  total: 9,
  unit: "tokens",
  fromCache: false,
});
const numbers = (batches: readonly (readonly RunEvent[])[]) =>
  batches.map((batch) => batch.map((each) => (each.kind === "progress" ? each.done : -1)));

const WAIT = { ms: 33, burstMs: 33 };

describe("inBatches", () => {
  test("the first event goes at once, a burst after it together, and all are there before the answer", async () => {
    const batches: (readonly RunEvent[])[] = [];
    const answer = await inBatches(
      (events) => batches.push(events),
      { now: () => 0 },
      WAIT,
      async (onEvent) => {
        onEvent(event(1));
        expect(numbers(batches)).toEqual([[1]]);
        onEvent(event(2));
        onEvent(event(3));
        return "answer";
      },
    );
    expect(answer).toBe("answer");
    expect(numbers(batches)).toEqual([[1], [2, 3]]);
  });

  test("events that wait go by themselves", async () => {
    vi.useFakeTimers();
    const batches: (readonly RunEvent[])[] = [];
    const work = inBatches(
      (events) => batches.push(events),
      { now: () => 0 },
      WAIT,
      async (onEvent) => {
        onEvent(event(1));
        onEvent(event(2));
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
    );
    await vi.advanceTimersByTimeAsync(40);
    expect(numbers(batches)).toEqual([[1], [2]]);
    await vi.advanceTimersByTimeAsync(100);
    await work;
    vi.useRealTimers();
  });

  test("a burst waits for longer, events that come slowly do not", async () => {
    vi.useFakeTimers();
    const batches: (readonly RunEvent[])[] = [];
    const work = inBatches(
      (events) => batches.push(events),
      { now: () => Date.now() },
      { ms: 100, burstMs: 250 },
      async (onEvent) => {
        for (const pause of [5, 40]) {
          for (let each = 0; each < 8; each++) {
            onEvent(event(pause));
            await new Promise((resolve) => setTimeout(resolve, pause));
          }
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
      },
    );
    await vi.advanceTimersByTimeAsync(2000);
    await work;
    expect(batches.map((batch) => batch.length)).toEqual([1, 7, 3, 3, 2]);
    vi.useRealTimers();
  });

  test("what was said before a failure arrives", async () => {
    const batches: (readonly RunEvent[])[] = [];
    const failing = inBatches(
      (events) => batches.push(events),
      { now: () => 0 },
      WAIT,
      async (onEvent) => {
        onEvent(event(1));
        onEvent(event(2));
        throw new Error("a bug");
      },
    );
    await expect(failing).rejects.toThrow("a bug");
    expect(numbers(batches)).toEqual([[1], [2]]);
  });
});
