import { expect, test } from "vitest";
import { Turnover } from "./turnover.ts";

test("places that were given back over the last minute say how soon the next is", () => {
  const turnover = new Turnover(1_000);
  for (const atMs of [2_000, 3_000]) turnover.note(atMs);
  expect(turnover.everyMs(4_000)).toBe(Infinity); // two are too few
  turnover.note(4_000);
  expect(turnover.everyMs(7_000)).toBe(2_000);
  for (let atMs = 10_000; atMs < 70_000; atMs += 500) turnover.note(atMs);
  expect(turnover.everyMs(70_000)).toBe(500);
  expect(turnover.everyMs(200_000)).toBe(Infinity); // nobody left for two minutes
});
