import { describe, expect, it } from "vitest";
import { seededRandom } from "../link/random.ts";
import { bootstrapInterval } from "./bootstrap.ts";
import { median } from "./summary.ts";

const middle = (groups: readonly number[]) => median(groups);

describe("bootstrap over groups", () => {
  it("gives the same interval for the same seed, and holds the statistic", () => {
    const groups = [4, 8, 15, 16, 23, 42];
    const interval = bootstrapInterval(groups, middle);
    expect(interval).toEqual(bootstrapInterval(groups, middle));
    expect(interval?.low).toBeLessThanOrEqual(15.5);
    expect(interval?.high).toBeGreaterThanOrEqual(15.5);
  });
  it("is as wide as the groups differ, not as the samples in them", () => {
    const random = seededRandom(7);
    // Three prompts that differ by 10 ms, a thousand tokens each within 1 ms.
    const prompts = [10, 20, 30].map((base) => Array.from({ length: 1000 }, () => base + random()));
    const interval = bootstrapInterval(prompts, (groups) => median(groups.flat()));
    expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeGreaterThan(15);
  });
  it("covers the true mean about as often as it says", () => {
    const random = seededRandom(3);
    const mean = (groups: readonly number[]) => groups.reduce((sum, value) => sum + value, 0) / groups.length;
    const covered = Array.from({ length: 200 }, (_, trial) => {
      const interval = bootstrapInterval(
        Array.from({ length: 40 }, () => random()),
        mean,
        { seed: trial, resamples: 200 },
      );
      return interval !== null && interval.low <= 0.5 && interval.high >= 0.5;
    }).filter(Boolean).length;
    expect(covered).toBeGreaterThan(175);
    expect(covered).toBeLessThan(200);
  });
  it("has none for one group", () => {
    expect(bootstrapInterval([1], middle)).toBeNull();
  });
});
