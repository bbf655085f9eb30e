import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tickText } from "#lab/plot/scales.ts";
import { reachOf } from "./clip.ts";
import { linearAxis, logAxis, numberTicks, spansDecades, stride } from "./ticks.ts";
import { readoutText } from "../readout/readout.tsx";

describe("how high an axis reaches", () => {
  it("leaves one stall out, and says how many are out", () => {
    expect(reachOf([20, 21, 22, 23, 24, 25, 400])).toEqual({ most: 25, over: 1 });
    expect(reachOf([20, 21, 22, 23, 24, 25, 26])).toEqual({ most: 26, over: 0 });
  });

  it("leaves nothing out that is not the exception: few values, many high ones, ones hardly higher", () => {
    expect(reachOf([1, 1000])).toEqual({ most: 1000, over: 0 });
    expect(reachOf([1, 1, 1, 1, 900, 950, 1000])).toEqual({ most: 1000, over: 0 });
    expect(reachOf([10, 10, 10, 10, 10, 10, 12])).toEqual({ most: 12, over: 0 });
    expect(reachOf([])).toEqual({ most: 0, over: 0 });
  });

  it("counts what takes no time neither way: tokens of a round that came with another", () => {
    const rounds = Array.from({ length: 40 }, (_, index) => (index % 4 === 0 ? 20 + (index % 3) : 0));
    expect(reachOf(rounds)).toEqual({ most: 22, over: 0 });
  });

  it("is never below a tenth of the values, nor above the highest", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 60 }), (values) => {
        const { most, over } = reachOf(values);
        expect(values.filter((value) => value > most)).toHaveLength(over);
        expect(over).toBeLessThanOrEqual(Math.max(1, values.length / 10));
      }),
    );
  });
});

describe("axes", () => {
  it("end at round numbers that hold every value", () => {
    expect(linearAxis(43)).toEqual({ scale: "linear", domain: [0, 50], ticks: [0, 10, 20, 30, 40, 50] });
    expect(linearAxis(0).domain[1]).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (most) => {
        const { domain, ticks } = linearAxis(most);
        expect(domain[1]).toBeGreaterThanOrEqual(most * (1 - 1e-9));
        expect(ticks.at(-1)).toBeCloseTo(domain[1], 6);
      }),
    );
  });

  it("take whole decades where they are logarithmic", () => {
    expect(logAxis([3, 4200])).toEqual({ scale: "log", domain: [1, 10_000], ticks: [1, 10, 100, 1000, 10_000] });
    expect(logAxis([12, 80]).ticks).toEqual([10, 20, 50, 100]);
    expect(logAxis([1, 1]).domain).toEqual([1, 10]);
    expect(logAxis([]).domain).toEqual([1, 10]);
    expect(logAxis([0.02, 3]).domain).toEqual([0.01, 10]);
  });

  it("are offered logarithmic where values are of more than a decade", () => {
    expect(spansDecades([3, 30])).toBe(true);
    expect(spansDecades([3, 29])).toBe(false);
    expect(spansDecades([0, 30])).toBe(false);
  });

  it("name as many tokens as have room", () => {
    expect(numberTicks(2, 20, 400)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
    for (const [first, last, px] of [
      [1, 512, 300],
      [100, 140, 300],
      [2, 3, 300],
    ] as const) {
      const ticks = numberTicks(first, last, px);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length * (String(last).length * 7 + 10)).toBeLessThanOrEqual(px + 60);
    }
    expect(stride(999, 1000)).toBe(1);
  });

  it("say numbers short", () => {
    expect([0, 0.5, 1500, 20_000, 3_000_000].map(tickText)).toEqual(["0", "0.5", "1500", "20k", "3M"]);
  });
});

it("a readout is one sentence for those who hear it", () => {
  const rows = [{ name: "Interval", value: "20.000 ms" }];
  expect(readoutText({ title: "Token 3", rows, notes: ["n = 12"] })).toBe("Token 3, Interval 20.000 ms, n = 12");
});
