import { expect, it } from "vitest";
import { blended, thresholdNow } from "./threshold.ts";

it("is the configured one at the usual cost, and before anything is known", () => {
  expect(thresholdNow(0.8, null)).toBe(0.8);
  expect(thresholdNow(0.8, { askMs: 20, draftMs: 2 })).toBeCloseTo(0.8, 12);
});
it("falls as asking gets dearer, rises as it gets cheaper, and stays a probability", () => {
  const at = (askMs: number) => thresholdNow(0.8, { askMs, draftMs: 1 });
  expect(at(160)).toBeCloseTo(0.6, 12);
  expect(at(5)).toBeCloseTo(0.85, 12);
  expect(at(1e12)).toBe(0.05);
  expect(at(1e-12)).toBe(0.999);
});
it("blends measurements", () => {
  expect(blended(null, 4)).toBe(4);
  expect(blended(4, 8)).toBe(6);
});
