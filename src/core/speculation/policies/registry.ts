/** The draft-length policies there are; a number names the fixed one. One of one's own joins with `addPolicy`. */
import { ok, refuse, type Result } from "../../run/failure.ts";
import { confident } from "./confident.ts";
import { fixed } from "./fixed.ts";
import { learner } from "./learner.ts";
import { optimum } from "./optimum.ts";
import { LONGEST, type Policy } from "./policy.ts";

const policies = new Map<string, Policy>([confident(0.5), optimum, learner].map((policy) => [policy.name, policy]));

export const allPolicies = (): readonly Policy[] => [...policies.values()];

/** Throws where the name is taken. */
export function addPolicy(policy: Policy): void {
  if (policies.has(policy.name)) throw new Error(`There is a draft-length policy called ${policy.name} already`);
  policies.set(policy.name, policy);
}

/** `name` as a config has it: a length, or a policy's name. */
export function policyNamed(name: number | string): Result<Policy> {
  if (typeof name === "number") return ok(fixed(name));
  const policy = policies.get(name);
  return policy === undefined
    ? refuse({
        code: "bad-value",
        key: "draftLength",
        value: name,
        expected: `1 to ${LONGEST}, or one of ${[...policies.keys()].join(", ")}`,
      })
    : ok(policy);
}
