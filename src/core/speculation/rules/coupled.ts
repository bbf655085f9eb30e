/**
 * Coupled sampling: draft and target take the largest of their own log-probabilities plus the
 * *same* Gumbel noise of (seed, position, token). Similar distributions under the same noise choose
 * the same token most of the time, only ids travel, and since the edge's own choice always decides,
 * the text of a seed is token for token edge-only's, whatever the draft.
 * Source: Daliri, Musco and Suresh, Coupling without Communication and Drafter-Invariant
 * Speculative Decoding, arXiv:2408.07978 (its protocol by Gumbel sampling).
 */
import { matchRule } from "./match.ts";

export const coupled = matchRule(
  {
    name: "coupled",
    summary: "Both tiers choose under the same noise; ids are all that travels.",
    source: "Daliri, Musco, Suresh 2024, arXiv:2408.07978",
    temperatures: "any",
  },
  (sampling) => sampling,
);
