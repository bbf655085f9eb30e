import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  breakEvenRttMs,
  capacityGain,
  draftedTpotMs,
  expectedTokens,
  savedOverCost,
  type DraftRound,
} from "./break-even.ts";

const figure = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });
const round = (changes: Partial<DraftRound>): DraftRound => ({
  tokens: 3,
  length: 4,
  draftMs: 0.5,
  verifyMs: 20,
  overheadMs: 0,
  ...changes,
});

describe("break-even of drafting on the device", () => {
  it("is e (tau - 1) - g t_draft where a verification costs a decode step", () => {
    // e = 20, tau = 3, g = 4, t_draft = 0.5: 20 * 2 - 2
    expect(breakEvenRttMs(round({}), 20)).toBe(38);
    expect(savedOverCost(round({}), 20, 38)).toBe(1); // 20 * 2 / (38 + 2)
    expect(savedOverCost(round({}), 20, 18)).toBe(2);
    expect(breakEvenRttMs(round({ tokens: 1 }), 20)).toBe(-2); // nothing gained: no link is short enough
    fc.assert(
      fc.property(
        figure(100),
        fc.double({ min: 1, max: 9, noNaN: true }),
        fc.integer({ min: 1, max: 8 }),
        figure(10),
        figure(300),
        (e, tokens, length, draftMs, rttMs) => {
          const one = round({ tokens, length, draftMs, verifyMs: e });
          const margin = e * (tokens - 1) - (rttMs + length * draftMs);
          if (Math.abs(margin) > 1e-6) expect(draftedTpotMs(one, rttMs) < e).toBe(margin > 0);
        },
      ),
    );
  });
  it("by hand: a slower verification and what a round takes beside", () => {
    // (40 + 4 * 0.5 + 26 + 4) / 3 = 24 a token; break-even with 20 a token at 60 - 2 - 26 - 4 = 28.
    const one = round({ verifyMs: 26, overheadMs: 4 });
    expect(draftedTpotMs(one, 40)).toBe(24);
    expect(breakEvenRttMs(one, 20)).toBe(28);
    expect(draftedTpotMs(one, 28)).toBe(20);
    // Twice as fast already at 30 - 32 = -2: never.
    expect(breakEvenRttMs(one, 20, 2)).toBe(-2);
  });
  it("against co-located drafting only an edge that drafts more slowly than device and link together loses", () => {
    // Both verify alike and gain alike: g t_draft(edge) has to make up for the round trip.
    const device = round({ draftMs: 0.25, verifyMs: 2 });
    const colocatedTpotMs = (4 * 1 + 2) / 3;
    expect(breakEvenRttMs(device, colocatedTpotMs)).toBeCloseTo(4 * (1 - 0.25));
  });
  it("has the round trip at which the ratio is what was asked", () => {
    fc.assert(
      fc.property(
        figure(50),
        fc.double({ min: 1, max: 9, noNaN: true }),
        figure(100),
        figure(100),
        fc.double({ min: 0.2, max: 4, noNaN: true }),
        (overheadMs, tokens, verifyMs, other, times) => {
          const one = round({ tokens, overheadMs, verifyMs });
          expect(draftedTpotMs(one, breakEvenRttMs(one, other, times)) * times).toBeCloseTo(other, 6);
        },
      ),
    );
  });
  it("spares the edge its drafting", () => {
    expect(capacityGain({ length: 4, draftMs: 0.25, verifyMs: 2 })).toBe(1.5);
    expect(capacityGain({ length: 4, draftMs: 0, verifyMs: 2 })).toBe(1);
  });
  it("counts tokens a round", () => {
    expect(expectedTokens(0, 4)).toBe(1);
    expect(expectedTokens(1, 4)).toBe(5);
    expect(expectedTokens(0.5, 3)).toBe(1.875);
  });
});
