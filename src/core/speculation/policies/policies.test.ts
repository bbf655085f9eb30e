import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../link/random.ts";
import { bestOf, replay, type Recording, type ReplayTimes } from "../replay.ts";
import { confident } from "./confident.ts";
import { fixed } from "./fixed.ts";
import { learner } from "./learner.ts";
import { optimum } from "./optimum.ts";
import { LONGEST, type RoundSeen } from "./policy.ts";
import { addPolicy, allPolicies, policyNamed } from "./registry.ts";
import { bestLength, depthsOf } from "./round-model.ts";

/** Text that comes in easy and hard stretches, as text does. */
function stretches(seed: number, easy: number, hard: number, tokens = 2000): Recording {
  const random = seededRandom(seed);
  let isEasy = true;
  const agrees: boolean[] = [];
  const confidences: number[] = [];
  while (agrees.length < tokens) {
    if (random() < 0.08) isEasy = !isEasy;
    const chance = isEasy ? easy : hard;
    agrees.push(random() < chance);
    confidences.push(Math.min(1, Math.max(0, chance + 0.3 * (random() - 0.5))));
  }
  return { agrees, confidences };
}

const times = (rttMs: number | ((atMs: number) => number)): ReplayTimes => ({
  draftMs: 3,
  verifyMs: 6,
  rttMs: typeof rttMs === "number" ? () => rttMs : rttMs,
});
const FIXED = Array.from({ length: LONGEST }, (_, at) => fixed(at + 1));
/** 2,000 tokens of concierge-10m at temperature 0.8, and where concierge-1m would have drafted them (tools/record-acceptance.ts). */
function recorded(): Recording {
  const file: { readonly agrees: string; readonly confidences: readonly number[] } = JSON.parse(
    readFileSync(new URL("../testing/acceptance-concierge.json", import.meta.url), "utf8"),
  );
  return { agrees: Array.from(file.agrees, (bit) => bit === "1"), confidences: file.confidences };
}

const RECORDINGS = [
  recorded(),
  stretches(1, 0.95, 0.6),
  stretches(2, 0.9, 0.3),
  stretches(3, 0.8, 0.8),
  stretches(4, 0.6, 0.4),
] as const;

describe("the learner", () => {
  it.each([5, 40, 150])("is within 5% of the best fixed length in hindsight at a round trip of %i ms", (rttMs) => {
    for (const recording of RECORDINGS) {
      const best = bestOf(FIXED, recording, times(rttMs));
      const mine = replay(learner, recording, times(rttMs));
      expect(mine.elapsedMs / best.elapsedMs).toBeLessThan(1.05);
    }
  });
  it("beats every fixed length on a link that steps between them", () => {
    const steps = times((atMs) => [5, 150, 40][Math.floor(atMs / 4000) % 3] ?? 40);
    for (const recording of RECORDINGS) {
      expect(replay(learner, recording, steps).elapsedMs).toBeLessThan(bestOf(FIXED, recording, steps).elapsedMs);
    }
  });
});

describe("the optimum", () => {
  it("is Leviathan's where every token stands with the same chance", () => {
    const byHand = (rate: number, costs: { draftMs: number; roundMs: number }) =>
      Array.from({ length: LONGEST }, (_, at) => at + 1).reduce((best, g) => {
        const cost = (length: number) =>
          (costs.roundMs + length * costs.draftMs) / ((1 - rate ** (length + 1)) / (1 - rate));
        return cost(g) < cost(best) ? g : best;
      }, 1);
    for (const rate of [0.2, 0.5, 0.8, 0.95]) {
      for (const roundMs of [5, 50, 500])
        expect(bestLength({ draftMs: 3, roundMs }, () => rate, LONGEST)).toBe(byHand(rate, { draftMs: 3, roundMs }));
    }
  });
  it("drafts further over a longer link, and little when nothing stands", () => {
    const seen = (linkMs: number, accepted: number): RoundSeen => ({
      drafted: 4,
      accepted,
      draftMs: 12,
      linkMs,
      edgeMs: 6,
    });
    const lengthAt = (linkMs: number, accepted: number) =>
      optimum.draftLength({
        rounds: Array.from({ length: 40 }, () => seen(linkMs, accepted)),
        confidences: [],
        room: 100,
      });
    expect(lengthAt(150, 3)).toBeGreaterThan(lengthAt(5, 3));
    expect(lengthAt(5, 0)).toBeLessThanOrEqual(1);
  });
});

describe("confidence", () => {
  it("ends the window with the first token it was not sure of", () => {
    const view = (confidences: number[]) => ({ rounds: [], confidences, room: 50 });
    expect(confident(0.5).draftLength(view([]))).toBe(LONGEST);
    expect(confident(0.5).draftLength(view([0.9, 0.5]))).toBe(LONGEST);
    expect(confident(0.5).draftLength(view([0.9, 0.4]))).toBe(2);
  });
});

describe("what rounds tell", () => {
  it("judges depths up to the first rejection and no further", () => {
    const [first, second, third, fourth] = depthsOf([{ drafted: 4, accepted: 1, draftMs: 4, linkMs: 1, edgeMs: 1 }], 4);
    expect([first, second, third, fourth]).toEqual([
      { judged: 1, stood: 1 },
      { judged: 1, stood: 0 },
      { judged: 0, stood: 0 },
      { judged: 0, stood: 0 },
    ]);
  });
});

describe("replay", () => {
  it("plays rounds over the recording to its last token", () => {
    const recording = {
      agrees: [true, true, false, true, true, true, true, false],
      confidences: Array<number>(8).fill(0.9),
    };
    const score = replay(fixed(2), recording, { draftMs: 1, verifyMs: 10, rttMs: () => 20 });
    // 2 stand and one comes with them; 2 and one; of the last two places one is the round's own.
    expect(score).toMatchObject({ kind: "modelled", tokens: 8, rounds: 3, drafted: 5, elapsedMs: 95, acceptance: 1 });
  });
  it("never asks for more than there is, and ends", () => {
    for (const policy of [...allPolicies(), fixed(1), fixed(LONGEST)]) {
      const score = replay(policy, stretches(9, 0.9, 0.2, 100), times(10));
      expect(score.tokens).toBe(100);
      expect(score.drafted).toBeLessThanOrEqual(LONGEST * score.rounds);
    }
  });
});

describe("the registry", () => {
  it("knows policies by name and lengths by number", () => {
    expect(policyNamed("learner")).toEqual({ ok: true, value: learner });
    expect(policyNamed(3).ok).toBe(true);
    expect(policyNamed("luck")).toMatchObject({ ok: false, failure: { code: "bad-value", key: "draftLength" } });
    expect(() => addPolicy(learner)).toThrow("already");
  });
});
