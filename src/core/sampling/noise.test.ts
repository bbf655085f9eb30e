import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exp, log } from "./exact-math.ts";
import { GUMBEL_MAX, gumbelBound, gumbelOf, noiseHash, noiseKey, unitOf } from "./noise.ts";

/** MurmurHash3 x86_32 of bytes, written from its description, for the test alone. */
function murmur3(bytes: readonly number[], seed: number): number {
  let h = seed;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    let k =
      ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>>
      0;
    k = Math.imul(k, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
const wordBytes = (word: number) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24];

describe("exact math", () => {
  it("agrees with the engine's logarithm to a few units in the last place", () => {
    fc.assert(
      fc.property(fc.double({ min: 2.3e-308, max: 1.7e308, noNaN: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(4 * Number.EPSILON * Math.abs(Math.log(x)));
      }),
      { numRuns: 5000 },
    );
  });
  it("is exact enough close to 1, where the logarithm vanishes", () => {
    for (const step of [1e-15, 1e-10, 1e-5, 0.1, 0.2928, 0.42]) {
      for (const x of [1 - step, 1 + step]) expect(Math.abs(log(x) / Math.log(x) - 1)).toBeLessThan(1e-15 * 8);
    }
    expect(log(1)).toBe(0);
  });
  it("agrees with the engine's exponential", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-15);
      }),
      { numRuns: 5000 },
    );
  });
  it("handles the ends", () => {
    expect([log(0), log(Infinity), exp(-Infinity), exp(-800), exp(Infinity), exp(0)]).toEqual([
      -Infinity,
      Infinity,
      0,
      0,
      Infinity,
      1,
    ]);
    expect([log(-1), log(NaN), exp(NaN)].every(Number.isNaN)).toBe(true);
  });
  it("has pinned bits: another engine or a changed formula is noticed", () => {
    expect([log(2), log(3), log(0.1), exp(1), exp(-0.5)]).toEqual([
      0.6931471805599453, 1.0986122886681098, -2.3025850929940455, 2.7182818284590455, 0.6065306597126334,
    ]);
  });
});

describe("noise", () => {
  it("is MurmurHash3 of the token, keyed by that of the position and the seed", () => {
    expect(murmur3([0x21, 0x43, 0x65, 0x87], 0)).toBe(0xf55b516b); // published vector
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(1 << 20), fc.nat(200_000), (seed, position, id) => {
        const key = murmur3(wordBytes(position), seed);
        expect(noiseKey(seed, position)).toBe(key);
        expect(noiseHash(key, id)).toBe(murmur3(wordBytes(id), key));
      }),
    );
  });
  it("never exceeds its bound", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (hash) => gumbelOf(hash) <= gumbelBound(hash) && gumbelBound(hash) <= GUMBEL_MAX),
      { numRuns: 20_000 },
    );
    for (const hash of [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff])
      expect(gumbelOf(hash)).toBeLessThanOrEqual(gumbelBound(hash));
  });
  it("has Gumbel's mean and variance", () => {
    const values = Array.from({ length: 200_000 }, (_, id) => gumbelOf(noiseHash(noiseKey(7, 3), id)));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - 0.5772)).toBeLessThan(0.012); // 4 standard errors
    expect(Math.abs(variance - Math.PI ** 2 / 6)).toBeLessThan(0.03);
  });
  it("is uniform over 256 bins, by its high and by its low bits", () => {
    const n = 1 << 18;
    for (const bin of [(h: number) => h >>> 24, (h: number) => h & 255]) {
      const counts = new Float64Array(256);
      for (let id = 0; id < n; id++) counts[bin(noiseHash(noiseKey(1, id >> 12), id & 4095))]! += 1;
      const expected = n / 256;
      const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chi).toBeGreaterThan(255 - 5 * Math.sqrt(510)); // too even is not random either
      expect(chi).toBeLessThan(255 + 5 * Math.sqrt(510));
    }
  });
  it("does not correlate between neighbouring positions, tokens or seeds", () => {
    const n = 100_000;
    const neighbours: Record<string, (id: number) => readonly [number, number]> = {
      positions: (id) => [noiseHash(noiseKey(5, 10), id), noiseHash(noiseKey(5, 11), id)],
      tokens: (id) => [noiseHash(noiseKey(5, 10), id), noiseHash(noiseKey(5, 10), id + 1)],
      seeds: (id) => [noiseHash(noiseKey(5, 10), id), noiseHash(noiseKey(6, 10), id)],
      "the same token over positions": (position) => [
        noiseHash(noiseKey(5, position), 42),
        noiseHash(noiseKey(5, position + 1), 42),
      ],
    };
    for (const [name, pair] of Object.entries(neighbours)) {
      let sum = 0;
      for (let id = 0; id < n; id++) {
        const [a, b] = pair(id);
        sum += (unitOf(a) - 0.5) * (unitOf(b) - 0.5) * 12;
      }
      expect(Math.abs(sum / n), `${name}`).toBeLessThan(5 / Math.sqrt(n));
    }
  });
  it("flips half of its bits for one changed bit of any input", () => {
    const changed = (a: number, b: number) => {
      let x = (a ^ b) >>> 0,
        ones = 0;
      for (; x; x &= x - 1) ones++;
      return ones;
    };
    for (let bit = 0; bit < 17; bit++) {
      let flips = 0;
      for (let id = 0; id < 2000; id++)
        flips += changed(noiseHash(noiseKey(9, 4), id), noiseHash(noiseKey(9, 4), id ^ (1 << bit)));
      expect(flips / 2000, `token bit ${bit}`).toBeGreaterThan(15);
      expect(flips / 2000, `token bit ${bit}`).toBeLessThan(17);
    }
  });
});
