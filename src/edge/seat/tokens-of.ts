/** How many tokens a step was for: those that it sampled, or the one whose position goes on to where it is sampled. */
import type { Outcome } from "../compute/compute.ts";

export interface StepTokens {
  readonly sampled: number;
  readonly served: number;
}

export function tokensOf(outcome: Outcome): StepTokens {
  const sampled = sampledBy(outcome);
  const elsewhere = outcome.kind === "activations" && outcome.count === 1 ? 1 : 0;
  return { sampled, served: Math.max(sampled, elsewhere) };
}

function sampledBy(outcome: Outcome): number {
  if (outcome.kind === "token") return 1;
  return outcome.kind === "verified" && !outcome.dropped ? outcome.accepted + 1 : 0;
}
