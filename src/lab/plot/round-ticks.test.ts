import { expect, test } from "vitest";
import { roundTicks } from "./round-ticks.ts";

test("an axis has round steps and stays within its maximum", () => {
  expect(roundTicks(0, 1000, 5)).toEqual([0, 200, 400, 600, 800, 1000]);
  expect(roundTicks(0, 37, 4)).toEqual([0, 10, 20, 30]);
  expect(roundTicks(0, 0, 4)).toEqual([0]);
  expect(roundTicks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(roundTicks(-4, 9.5, 5)).toEqual([0, 5]);
});
