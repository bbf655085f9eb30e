/**
 * What a device remembers of drafting: the rounds of earlier runs with the same models, rule and
 * sampling, so that a draft-length policy that learns need not start over with every answer. The
 * link and the edge may have changed since: policies let old times fade within a few rounds.
 */
import type { RoundSeen } from "#core/speculation/policies/policy.ts";
import type { RunPlan } from "../run-plan.ts";

/** Older rounds weigh next to nothing by then. */
const KEPT_ROUNDS = 512;

export class RoundHistory {
  readonly #rounds = new Map<string, RoundSeen[]>();

  /** Oldest first. The run adds to it what it sees. */
  of({ config, model, draft, cut, exit }: RunPlan): RoundSeen[] {
    const key = JSON.stringify([
      config.mode,
      model.manifest.revision,
      draft?.manifest.revision ?? [cut, exit],
      config.verify,
      config.temperature,
    ]);
    const rounds = (this.#rounds.get(key) ?? []).slice(-KEPT_ROUNDS);
    this.#rounds.set(key, rounds);
    return rounds;
  }
}
