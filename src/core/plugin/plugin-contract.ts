/**
 * The contract suites as they are put to a plugin: one clause after another, each with the seed that
 * everything in it is drawn from, so that what failed can be looked at again. `quick` is what an
 * edge server asks before it starts, `whole` what the registries' own tests ask.
 */
import { CODEC_CONTRACT } from "../codec/codec-contract.ts";
import { codecSamples } from "../codec/codec-samples.ts";
import { asCodec } from "../codec/registry.ts";
import { failureOf, ok, refuse, type Result } from "../run/failure.ts";
import { POLICY_CONTRACT } from "../speculation/policies/policy-contract.ts";
import { QUICK_RULE_CONTRACT, RULE_CONTRACT } from "../speculation/rules/rule-contract.ts";
import type { Addition } from "./read-plugin.ts";

export type Thoroughness = "quick" | "whole";

export interface Clause {
  /** What the addition must do, as a sentence about it. */
  readonly text: string;
  /** What is wrong, in words; null where nothing is. Never throws. */
  readonly check: () => string | null;
}

const CODEC_SAMPLES: Readonly<Record<Thoroughness, number>> = { quick: 60, whole: 2000 };

export function clausesOf(addition: Addition, thoroughness: Thoroughness, seed: number): readonly Clause[] {
  switch (addition.kind) {
    case "rule":
      return clauses(thoroughness === "quick" ? QUICK_RULE_CONTRACT : RULE_CONTRACT, (check) =>
        check(addition.value, seed),
      );
    case "policy":
      return clauses(POLICY_CONTRACT, (check) => check(addition.value, seed));
    case "codec": {
      const codec = asCodec(addition.value);
      const samples = codecSamples(seed, CODEC_SAMPLES[thoroughness]);
      return clauses(CODEC_CONTRACT, (check) => {
        for (const sample of samples) {
          const objection = check(codec, sample);
          if (objection !== null) return `${objection}, at ${sample.count} positions of ${sample.width} values`;
        }
        return null;
      });
    }
  }
}

function clauses<C>(contract: Readonly<Record<string, C>>, ask: (check: C) => string | null): readonly Clause[] {
  return Object.entries(contract).map(([text, check]) => ({ text, check: () => said(() => ask(check)) }));
}

/** What a plugin throws in the middle of a check is an objection like any other. */
function said(ask: () => string | null): string | null {
  try {
    return ask();
  } catch (thrown) {
    const failure = failureOf(thrown, "plugin");
    return `threw ${failure.code === "internal" ? failure.what : JSON.stringify(failure)}`;
  }
}

/** The first clause that does not hold, as the refusal of the file. Failures: plugin-unfit. */
export function holdsQuickly(file: string, additions: readonly Addition[], seed: number): Result<void> {
  for (const addition of additions) {
    for (const { text, check } of clausesOf(addition, "quick", seed)) {
      const objection = check();
      if (objection !== null)
        return refuse({
          code: "plugin-unfit",
          file,
          what: `the ${addition.kind} ${addition.value.name} does not keep "${text}": ${objection} (seed ${seed})`,
        });
    }
  }
  return ok(undefined);
}
