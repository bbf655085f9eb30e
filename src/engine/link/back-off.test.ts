import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "#core/link/random.ts";
import { attemptsExpected, BACK_OFF, waitBefore } from "./back-off.ts";

test("the first attempt is made at once, and later ones wait longer and longer, up to a bound", () => {
  const steady = { ...BACK_OFF, jitter: 0 };
  const waits = Array.from({ length: 12 }, (_, at) => waitBefore(at + 1, steady, () => 0));
  expect(waits.slice(0, 4)).toEqual([0, BACK_OFF.firstMs, 2 * BACK_OFF.firstMs, 4 * BACK_OFF.firstMs]);
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(waits.at(-1)).toBe(BACK_OFF.mostMs);
});

test("chance only shortens a wait, by its share at most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), fc.integer(), (attempt, seed) => {
      const steady = waitBefore(attempt, { ...BACK_OFF, jitter: 0 }, () => 0);
      const wait = waitBefore(attempt, BACK_OFF, seededRandom(seed));
      expect(wait).toBeLessThanOrEqual(steady);
      expect(wait).toBeGreaterThanOrEqual(steady * (1 - BACK_OFF.jitter));
    }),
  );
});

test("how many attempts are to be expected is what comes when each is answered at once", () => {
  const made = (seed: number): number => {
    const random = seededRandom(seed);
    let [attempt, atMs] = [1, 0];
    for (; ; attempt++) {
      atMs += waitBefore(attempt + 1, BACK_OFF, random);
      if (atMs > BACK_OFF.forMs) return attempt;
    }
  };
  const expected = attemptsExpected(1, BACK_OFF.forMs, BACK_OFF);
  for (const seed of [1, 2, 3, 4, 5]) expect(Math.abs(made(seed) - expected)).toBeLessThanOrEqual(2);
  expect(attemptsExpected(7, -1, BACK_OFF), "the last one").toBe(7);
});

test("attempts go on for two minutes at least", () => {
  expect(BACK_OFF.forMs - BACK_OFF.mostMs).toBeGreaterThanOrEqual(120_000);
});
