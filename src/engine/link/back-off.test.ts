import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "#core/link/random.ts";
import { BACK_OFF, waitBefore } from "./back-off.ts";

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

test("attempts go on for two minutes at least", () => {
  expect(BACK_OFF.forMs - BACK_OFF.mostMs).toBeGreaterThanOrEqual(120_000);
});
