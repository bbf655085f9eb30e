import { expect, test } from "vitest";
import { summarize } from "#core/measure/summary.ts";
import { cutReach, type CutFigures } from "./cut-figures.ts";

const step = { deviceMs: 3, edgeMs: 3, linkMs: 2, totalMs: 8, upBytes: 540, downBytes: 36 };
const points = Array.from({ length: 13 }, (_, cut) => ({
  cut,
  ttftMs: 30,
  tpotMs: 8 + cut / 10,
  prefill: step,
  decode: step,
}));
const dot = (cut: number, ms: number) => ({ cut, tpotMs: ms, steps: summarize([ms - 1, ms, ms + 1])!, runs: 1 });
const figures = (measured: readonly number[]): CutFigures => ({
  blocks: 12,
  dots: measured.map((ms, cut) => dot(cut, ms)),
  points,
  uncut: [],
  chosen: null,
});

test("what was measured is in the chart however far the model is from it", () => {
  expect(cutReach(figures([74.7]), new Set())).toEqual({ most: 75.2, over: 0 });
});

test("a stall among measured cuts is held at the top, and counted", () => {
  expect(cutReach(figures([9, 9, 10, 10, 11, 11, 400]), new Set())).toEqual({ most: 11.5, over: 1 });
});
