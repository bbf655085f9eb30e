import fc from "fast-check";
import { expect, test } from "vitest";
import { Failed } from "#core/run/failure.ts";
import { ReplayLog } from "./replay-log.ts";

/** A tier with a cache that can lose it: it refuses a gap, as every tier does. */
class Tier {
  cache: number[] = [];
  step(position: number, rows: readonly number[]): void {
    if (position > this.cache.length) throw new RangeError(`position ${position} behind a gap`);
    this.cache = [...this.cache.slice(0, position), ...rows];
  }
}

test("whatever is put, rewound and lost, the tier ends with every row of the log", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("put" as const),
      back: fc.nat(4),
      rows: fc.array(fc.nat(99), { minLength: 1, maxLength: 4 }),
    }),
    fc.constant({ kind: "lose" as const }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const log = new ReplayLog<number>({ keeps: true });
      const tier = new Tier();
      for (const each of steps) {
        if (each.kind === "lose") {
          tier.cache = [];
          log.lost();
          continue;
        }
        log.put(Math.max(0, log.rows.length - each.back), each.rows);
        const { position, rows } = log.missing();
        tier.step(position, rows);
        log.took(position + rows.length);
        expect(tier.cache).toEqual(log.rows);
      }
    }),
  );
});

test("an answer of a cache that is lost by now counts for nothing", () => {
  const log = new ReplayLog<number>({ rows: [1, 2, 3], keeps: true });
  const { version } = log;
  log.lost();
  log.took(3, version);
  expect(log.held).toBe(0);
});

test("a tier without a cache lacks everything at every step", () => {
  const log = new ReplayLog<number>({ rows: [1, 2], held: 2, keeps: false });
  log.took(2);
  expect(log.missing()).toEqual({ position: 0, rows: [1, 2] });
});

test("a gap is a failure, not a hole", () => {
  const log = new ReplayLog<number>({ rows: [1], keeps: true });
  expect(() => log.put(2, [3])).toThrow(Failed);
});
