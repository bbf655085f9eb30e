import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TokenEvent } from "../run/record.ts";
import { clockResolution } from "./clock-resolution.ts";
import { median, quantile, spread, summarize } from "./summary.ts";
import { totalsOf, unaccountedTokens } from "./totals.ts";

const token = (index: number, atMs: number, over: Partial<TokenEvent> = {}): TokenEvent => ({
  index,
  id: 1,
  text: "a",
  atMs,
  spans: [],
  deviceMs: 0,
  encodeMs: 0,
  uplinkMs: 0,
  queueMs: 0,
  edgeMs: 0,
  downlinkMs: 0,
  decodeMs: 0,
  sampleMs: 0,
  outageMs: 0,
  otherMs: 0,
  linkMs: 0,
  addedMs: 0,
  upBytes: 0,
  downBytes: 0,
  positions: 1,
  ...over,
});

describe("summary", () => {
  it("interpolates as R's type 7 does", () => {
    expect([
      quantile([1, 2, 3, 4], 0.25),
      quantile([1, 2, 3, 4], 0.5),
      quantile([4, 1, 3, 2], 0.95),
      quantile([7], 0.3),
    ]).toEqual([1.75, 2.5, 3.8499999999999996, 7]);
    expect(summarize([4, 2, 1, 3])).toEqual({
      n: 4,
      median: 2.5,
      q1: 1.75,
      q3: 3.25,
      p95: 3.8499999999999996,
      least: 1,
      most: 4,
    });
    expect(spread(summarize([1, 2, 3, 4])!)).toBe(1.5);
  });
  it("says nothing about nothing", () => {
    expect([median([]), summarize([])]).toEqual([null, null]);
  });
  it("lies between the ends, rises with q, and does not touch or care about the order of its input", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (samples, a, b) => {
          const before = [...samples];
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          expect(quantile(samples, low)!).toBeLessThanOrEqual(quantile(samples, high)! + 1e-6);
          expect(quantile(samples, 0)).toBe(Math.min(...samples));
          expect(quantile(samples, 1)).toBe(Math.max(...samples));
          expect(quantile([...samples].reverse(), a)).toBe(quantile(samples, a));
          expect(samples).toEqual(before);
        },
      ),
    );
  });
});

describe("totals", () => {
  const tokens = [
    token(0, 100, { positions: 20, deviceMs: 40, edgeMs: 50, linkMs: 8, addedMs: 6, upBytes: 5000, downBytes: 28 }),
    token(1, 110, { deviceMs: 4, edgeMs: 5, linkMs: 1, addedMs: 0.5, upBytes: 536, downBytes: 28 }),
    token(2, 122, { deviceMs: 5, edgeMs: 6, linkMs: 1, upBytes: 536, downBytes: 28 }),
    token(3, 130, { deviceMs: 3, edgeMs: 4, linkMs: 1, upBytes: 536, downBytes: 28 }),
  ];
  it("parts prefill from decode", () => {
    expect(totalsOf(tokens)).toEqual({
      ttftMs: 100,
      tpotMs: 10,
      tpotP95Ms: 11.8,
      tokensPerSecond: 100,
      upBytes: 6608,
      downBytes: 112,
      deviceComputeMs: 52,
      edgeComputeMs: 65,
      prefill: {
        elapsedMs: 100,
        tokens: 1,
        positions: 20,
        upBytes: 5000,
        downBytes: 28,
        deviceComputeMs: 40,
        edgeComputeMs: 50,
        linkMs: 8,
        addedMs: 6,
      },
      decode: {
        elapsedMs: 30,
        tokens: 3,
        positions: 3,
        upBytes: 1608,
        downBytes: 84,
        deviceComputeMs: 12,
        edgeComputeMs: 15,
        linkMs: 3,
        addedMs: 0.5,
      },
    });
  });
  it("has no figure for what did not happen", () => {
    expect(totalsOf([])).toMatchObject({
      ttftMs: null,
      tpotMs: null,
      tpotP95Ms: null,
      tokensPerSecond: null,
      upBytes: 0,
    });
    expect(totalsOf(tokens.slice(0, 1))).toMatchObject({
      ttftMs: 100,
      tpotMs: null,
      tokensPerSecond: null,
      decode: { tokens: 0, elapsedMs: 0 },
    });
    expect(totalsOf([token(0, 5), token(1, 5)])).toMatchObject({ tpotMs: 0, tokensPerSecond: null });
  });
  it("adds up to the whole run", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.nat(1000), up: fc.nat(1e6) }), { minLength: 1, maxLength: 30 }),
        (steps) => {
          let at = 0;
          const totals = totalsOf(steps.map(({ gap, up }, index) => token(index, (at += gap), { upBytes: up })));
          expect(totals.prefill.elapsedMs + totals.decode.elapsedMs).toBeCloseTo(at, 6);
          expect(totals.upBytes).toBe(steps.reduce((sum, { up }) => sum + up, 0));
          expect(totals.prefill.tokens + totals.decode.tokens).toBe(steps.length);
        },
      ),
    );
  });
});

describe("the parts of an interval", () => {
  it("account for it within 1%", () => {
    const exact = token(0, 100, {
      deviceMs: 60,
      uplinkMs: 10,
      edgeMs: 20,
      downlinkMs: 5,
      outageMs: 0,
      otherMs: 5,
      linkMs: 15,
      addedMs: 12,
    });
    expect(unaccountedTokens([exact, token(1, 200, { deviceMs: 99.1 })])).toEqual([]);
    expect(unaccountedTokens([exact, token(1, 200, { deviceMs: 98.9 })])).toEqual([
      { index: 1, intervalMs: 100, partsMs: 98.9 },
    ]);
    expect(unaccountedTokens([token(0, 100, { deviceMs: 102 })])).toHaveLength(1);
  });
  it("cannot be told finer than the clock", () => {
    const coarse = [token(0, 0.1, { deviceMs: 0.05 })];
    expect(unaccountedTokens(coarse)).toHaveLength(1);
    expect(unaccountedTokens(coarse, 0.1)).toEqual([]);
  });
  it("views of an interval are no further parts of it", () => {
    expect(unaccountedTokens([token(0, 10, { uplinkMs: 6, downlinkMs: 4, linkMs: 10, addedMs: 9 })])).toEqual([]);
  });
});

describe("clock resolution", () => {
  it("is the smallest step that the clock made", () => {
    expect(clockResolution([0, 0, 0.1, 0.1, 0.30000000000000004, 0.4])).toBeCloseTo(0.1, 9);
    expect(clockResolution([5, 5.005, 5.02])).toBeCloseTo(0.005, 9);
  });
  it("ignores the rounding of doubles and a clock that stands still or goes back", () => {
    expect(clockResolution([0.1 + 0.2, 0.3, 0.3 + 1e-9, 1.3])).toBeCloseTo(1, 6);
    expect([clockResolution([]), clockResolution([3]), clockResolution([3, 3, 2])]).toEqual([null, null, null]);
  });
});
