import { describe, expect, it } from "vitest";
import { ok, unwrap } from "../../run/failure.ts";
import { distributionOf, drawFrom, residual } from "../distribution.ts";
import { acceptOrResample, resample, stands } from "./accept-resample.ts";
import { coupled } from "./coupled.ts";
import { readHalves } from "./half-distribution.ts";
import { leviathan } from "./leviathan.ts";
import { leviathanTopK } from "./leviathan-topk.ts";
import { addRule, allRules, ruleNamed } from "./registry.ts";
import { RULE_CONTRACT, TOLD_APART, distributionTest } from "./rule-contract.ts";
import { NOTHING, rowOf, type Rule } from "./rule.ts";

describe.each(allRules().map((rule) => [rule.name, rule] as const))("rule %s", (_, rule) => {
  it.each(Object.entries(RULE_CONTRACT))("%s", (_check, check) => expect(check(rule)).toBeNull(), 60_000);
});

/** Draws the replacement from the target itself instead of from what the target has over the draft. */
const resamplesFromTarget: Rule = {
  ...leviathan,
  name: "broken: no residual",
  verify: (window) => {
    const verdict = leviathan.verify(window);
    if (!verdict.ok || verdict.value.accepted === window.ids.length) return verdict;
    const p = distributionOf(rowOf(window, verdict.value.accepted), window.sampling);
    return ok({
      ...verdict.value,
      next: drawFrom(p, ((window.position * 7919 + window.sampling.seed * 104_729) % 1000) / 1000),
    });
  },
};

/** Sends the truncated distribution, but draws from the whole one. */
const drawsFromUnsent: Rule = {
  ...leviathanTopK,
  name: "broken: drawn from what was not sent",
  draft: (logits, sampling, position) => ({
    ...leviathanTopK.draft(logits, { ...sampling, temperature: 0.3 }, position),
    id: leviathan.draft(logits, sampling, position).id,
  }),
};

/** Judges by a target that is a little warmer than the one it is asked for: wrong everywhere, and nowhere by much. */
const warmer: Rule = {
  ...leviathan,
  name: "broken: a tenth too warm",
  verify: (window) =>
    leviathan.verify({ ...window, sampling: { ...window.sampling, temperature: window.sampling.temperature * 1.1 } }),
};

/** Accepts by one number for the whole window, so that its tokens stand and fall together. */
const oneLot: Rule = {
  ...leviathan,
  name: "broken: one lot a window",
  verify: (window) => {
    const vocabulary = rowOf(window, 0).length;
    for (const [index, id] of Array.from(window.ids).entries()) {
      const q = unwrap(
        readHalves(window.evidence.subarray(index * 2 * vocabulary, (index + 1) * 2 * vocabulary), vocabulary),
      );
      const p = distributionOf(rowOf(window, index), window.sampling);
      if (stands(p[id] ?? 0, q[id] ?? 0, window.sampling, window.position)) continue;
      return ok({
        accepted: index,
        next: resample(residual(p, q), window.sampling, window.position + index),
        distribution: NOTHING,
      });
    }
    return ok({
      accepted: window.ids.length,
      next: resample(
        distributionOf(rowOf(window, window.ids.length), window.sampling),
        window.sampling,
        window.position + window.ids.length,
      ),
      distribution: NOTHING,
    });
  },
};

/** Takes every draft. */
const credulous: Rule = {
  ...coupled,
  name: "broken: credulous",
  verify: (window) => ok({ accepted: window.ids.length, next: 0, distribution: NOTHING }),
};

describe("the contract", () => {
  it.each([resamplesFromTarget, drawsFromUnsent, warmer, oneLot, credulous])(
    "tells $name apart",
    (rule) => {
      const { deviations } = distributionTest(rule, { temperature: 0.9, topK: 0, topP: 1 }, 50_000);
      expect(deviations).toBeGreaterThan(TOLD_APART);
    },
    60_000,
  );

  const broken: Readonly<Record<string, Partial<Rule>>> = {
    "sends the bytes it says": { bytesPerToken: () => 3 },
    "ends a repeated round the same": {
      verify: (() => {
        let calls = 0;
        return () => ok({ accepted: 0, next: calls++ % 6, distribution: NOTHING });
      })(),
    },
    "accepts some and rejects some": { verify: () => ok({ accepted: 0, next: 0, distribution: NOTHING }) },
    "is the target's own text at temperature 0": {
      verify: ({ ids }) => ok({ accepted: ids.length, next: 0, distribution: NOTHING }),
    },
    "keeps its word when it says exact": {
      verify: ({ ids }) => ok({ accepted: ids.length, next: 0, distribution: NOTHING }),
    },
    "refuses evidence of another length": { verify: () => ok({ accepted: 0, next: 0, distribution: NOTHING }) },
    "never throws over what may have come up": {
      verify: () => {
        throw new Error("oops");
      },
    },
  };
  it.each(Object.entries(broken))("fails a rule that breaks: %s", (name, change) => {
    expect(RULE_CONTRACT[name]?.({ ...coupled, ...change })).not.toBeNull();
  });
});

describe("what the parts do", () => {
  it("registers each name once", () => {
    expect(ruleNamed("coupled")).toEqual({ ok: true, value: coupled });
    expect(ruleNamed("hope")).toMatchObject({ ok: false, failure: { code: "bad-value", key: "verify" } });
    expect(() => addRule(coupled)).toThrow("already");
    const mine = { ...coupled, name: "mine" };
    addRule(mine);
    expect(ruleNamed("mine")).toEqual({ ok: true, value: mine });
  });
  it("bytes a drafted token, for a vocabulary of 4096", () => {
    const bytes = Object.fromEntries(
      allRules()
        .filter(({ name }) => name !== "mine")
        .map((rule) => [rule.name, rule.bytesPerToken(4096)]),
    );
    expect(bytes).toEqual({ coupled: 0, greedy: 0, leviathan: 8192, "leviathan-topk": 48, "split-verification": 2 });
  });
  it("accepts where the target is at least as sure, and resamples only what the target has over the draft", () => {
    const q = Float64Array.of(0.5, 0.5, 0);
    const rows = Float32Array.from([0, -Infinity, 0, 0, 0, 0]);
    for (let seed = 0; seed < 200; seed++) {
      const sampling = { temperature: 1, topK: 0, topP: 1, seed };
      expect(acceptOrResample({ rows, ids: [0], evidence: NOTHING, sampling, position: 1 }, [q]).accepted).toBe(1);
      expect(acceptOrResample({ rows, ids: [1], evidence: NOTHING, sampling, position: 1 }, [q])).toMatchObject({
        accepted: 0,
        next: 2,
      });
    }
    expect([...residual(Float64Array.of(0.5, 0, 0.5), q)]).toEqual([0, 0, 0.5]);
  });
});
