import { describe, expect, test } from "vitest";
import { Rates } from "./rates.ts";

const GUESS = { passMs: 8, positionMs: 2 };

describe("Rates", () => {
  test("are the guess before anything is measured, and its shape while one size was", () => {
    const rates = new Rates();
    expect(rates.rate("pass", GUESS)).toEqual(GUESS);
    rates.observe("pass", 1, 5); // half of the guess
    expect(rates.rate("pass", GUESS)).toEqual({ passMs: 4, positionMs: 1 });
    expect(rates.rate("another", GUESS)).toEqual(GUESS);
  });

  test("come from short and long passes, each by the median, so that one that was held up says nothing", () => {
    const rates = new Rates();
    for (const late of [0, 0, 400, 0, 0]) {
      rates.observe("pass", 1, 6.5 + late);
      rates.observe("pass", 64, 38 + late);
    }
    expect(rates.rate("pass", GUESS)).toEqual({ passMs: 6, positionMs: 0.5 });
  });

  test("a position always costs something, also where the only short passes took longer than a long one", () => {
    const rates = new Rates();
    rates.observe("pass", 1, 22); // the first of all, with what it compiles
    rates.observe("pass", 6, 5); // a quarter of the guess
    expect(rates.rate("pass", GUESS)).toEqual({ passMs: 21.875, positionMs: 0.125 });
  });

  test("follow a machine that has become slower, and do not forget long passes behind a thousand short ones", () => {
    const rates = new Rates();
    rates.observe("pass", 64, 70);
    for (let token = 0; token < 1000; token++) rates.observe("pass", 1, token < 900 ? 3 : 7);
    expect(rates.rate("pass", GUESS)).toEqual({ passMs: 6, positionMs: 1 });
    // Chunks that have become small are remembered beside the long ones: what was slow once is measured again.
    for (let chunk = 0; chunk < 15; chunk++) rates.observe("pass", 8, 14);
    expect(rates.rate("pass", GUESS)).toEqual({ passMs: 6, positionMs: 1 });
  });
});
