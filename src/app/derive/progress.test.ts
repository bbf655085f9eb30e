import { expect, test } from "vitest";
import { overall, phaseText } from "./progress.ts";

const shards = { phase: "shards", done: 3_100_000, total: 9_200_000, unit: "bytes", fromCache: true } as const;
const compile = { phase: "compile", done: 1, total: 1, unit: "blocks", fromCache: false } as const;

test("loading in words, also from storage", () => {
  expect(phaseText(shards).replaceAll("\u00a0", " ")).toBe(
    "Weights: 3.10 MB of 9.20 MB, from this browser\u2019s storage",
  );
  expect(phaseText(compile)).toBe("Compiling: done");
  expect(phaseText({ ...compile, done: 0 })).toBe("Compiling: under way");
});

test("the whole is the mean of the phases, between 0 and 1", () => {
  expect(overall([])).toBe(0);
  expect(overall([shards, compile])).toBeCloseTo((3.1 / 9.2 + 1) / 2);
  expect(overall([{ ...shards, done: 99_000_000 }])).toBe(1);
});
