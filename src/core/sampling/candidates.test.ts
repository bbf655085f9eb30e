/** Against float64 by the book: softmax with Math.exp, a plain sort, filters by their definition. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CANDIDATES, candidatesAt, candidatesIn, emptyCandidates, putCandidates } from "./candidates.ts";
import type { SamplingSettings } from "./settings.ts";

const GREEDY: SamplingSettings = { temperature: 0, topK: 0, topP: 1, seed: 0 };

const logitsOf = fc
  .array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((values) => Float32Array.from(values));

function softmax(logits: readonly number[]): readonly number[] {
  const most = Math.max(...logits);
  const weights = logits.map((each) => Math.exp(each - most));
  const sum = weights.reduce((total, each) => total + each, 0);
  return weights.map((each) => each / sum);
}

const sorted = (logits: Float32Array): readonly number[] =>
  [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);

/** Odds of every id: temperature, then top-k, then top-p, then softmax over what is left. */
function oddsByTheBook(logits: Float32Array, { temperature, topK, topP }: SamplingSettings): readonly number[] {
  const scaled = Array.from(logits, (each) => each / temperature);
  let kept = sorted(logits).slice(0, topK > 0 ? topK : logits.length);
  const among = softmax(kept.map((id) => scaled[id] ?? 0));
  let reached = 0;
  if (topP < 1)
    kept = kept.filter((_, place) => (place === 0 || reached < topP) && ((reached += among[place] ?? 0), true));
  const left = softmax(kept.map((id) => scaled[id] ?? 0));
  return Array.from(logits, (_, id) => left[kept.indexOf(id)] ?? 0);
}

describe("candidates of a place", () => {
  test("are the most probable, with the float64 softmax's log-probabilities, and rank what was said", () => {
    fc.assert(
      fc.property(logitsOf, fc.nat(), (logits, pickedAt) => {
        const said = pickedAt % logits.length;
        const { best, rank, said: its } = candidatesAt(logits, GREEDY, said);
        const order = sorted(logits);
        expect(best.map(({ id }) => id)).toEqual(order.slice(0, CANDIDATES));
        expect(rank).toBe(order.indexOf(said) + 1);
        const probabilities = softmax([...logits]);
        for (const { id, logProb } of [...best, its])
          expect(Math.exp(logProb)).toBeCloseTo(probabilities[id] ?? -1, 12);
      }),
    );
  });

  test("have the odds of the sampling that is in force", () => {
    const settings = fc.record({
      temperature: fc.double({ min: 0.1, max: 3, noNaN: true }),
      topK: fc.nat(8),
      topP: fc.double({ min: 0.05, max: 1, noNaN: true }),
      seed: fc.constant(1),
    });
    fc.assert(
      fc.property(logitsOf, settings, fc.nat(), (logits, sampling, pickedAt) => {
        const said = pickedAt % logits.length;
        const odds = oddsByTheBook(logits, sampling);
        const found = candidatesAt(logits, sampling, said);
        for (const { id, odds: its } of [...found.best, found.said]) expect(its).toBeCloseTo(odds[id] ?? -1, 9);
      }),
    );
  });

  test("at temperature 0 only the first may be said; what is no number is never probable", () => {
    const { best, rank } = candidatesAt([NaN, 2, 2, -Infinity], GREEDY, 0);
    expect(best.map(({ id, odds }) => [id, odds])).toEqual([
      [1, 1],
      [2, 0],
      [0, 0],
      [3, 0],
    ]);
    expect(rank).toBe(3);
    expect(best.map(({ logProb }) => Math.exp(logProb).toFixed(12))).toEqual([
      "0.500000000000",
      "0.500000000000",
      "0.000000000000",
      "0.000000000000",
    ]);
  });

  test("travel as a table, also of a vocabulary that has fewer", () => {
    const places = [
      [3, 1, 2],
      [0, 0, 5],
    ].map((logits) => candidatesAt(logits, GREEDY, 1));
    const table = emptyCandidates(2);
    for (const [place, each] of places.entries()) putCandidates(table, place, each);
    const back = candidatesIn(table, [1, 1]);
    expect(back.map(({ best }) => best.map(({ id }) => id))).toEqual([
      [0, 2, 1],
      [2, 0, 1],
    ]);
    expect(back.map(({ rank, said }) => [rank, said.id])).toEqual([
      [3, 1],
      [3, 1],
    ]);
    expect(back[0]?.said.logProb).toBeCloseTo(places[0]?.said.logProb ?? NaN, 6);
  });
});
