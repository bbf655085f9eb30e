/**
 * The analytic optimum: the length with the least expected time a token for the measured acceptance
 * rate, draft time, verification time and round trip, were every drafted token to stand with the
 * same probability whatever came before.
 * Source: Leviathan et al., ICML 2023, equation 1 and section 3.5, with the link in the cost.
 */
import type { Policy } from "./policy.ts";
import { LONGEST } from "./policy.ts";
import { bestLength, depthsOf, pooledRate, roundCosts } from "./round-model.ts";

/** Before anything is known. */
const FIRST = 4;

export const optimum: Policy = {
  name: "optimum",
  summary: "The best length for the measured acceptance, draft time, verification time and round trip.",
  source: "Leviathan, Kalman, Matias 2023, equation 1",
  draftLength: ({ rounds }) => {
    const costs = roundCosts(rounds);
    if (costs === null) return FIRST;
    const rate = pooledRate(depthsOf(rounds, LONGEST));
    return bestLength(costs, () => rate, LONGEST);
  },
};
