/**
 * The verification rules there are. One of one's own joins with `addRule`, on both tiers, before
 * the first run that names it; it is held to `rule-contract.ts` like those that ship.
 */
import { ok, refuse, type Result } from "../../run/failure.ts";
import { coupled } from "./coupled.ts";
import { greedy } from "./greedy.ts";
import { leviathan } from "./leviathan.ts";
import { leviathanTopK } from "./leviathan-topk.ts";
import type { Rule } from "./rule.ts";
import { splitVerification } from "./split-verification.ts";

const rules = new Map<string, Rule>(
  [coupled, greedy, leviathan, leviathanTopK, splitVerification].map((rule) => [rule.name, rule]),
);

export const allRules = (): readonly Rule[] => [...rules.values()];

/** Throws where the name is taken: two tiers must mean the same by it. */
export function addRule(rule: Rule): void {
  if (rules.has(rule.name)) throw new Error(`There is a verification rule called ${rule.name} already`);
  rules.set(rule.name, rule);
}

export function ruleNamed(name: string): Result<Rule> {
  const rule = rules.get(name);
  return rule === undefined
    ? refuse({ code: "bad-value", key: "verify", value: name, expected: `one of ${[...rules.keys()].join(", ")}` })
    : ok(rule);
}
