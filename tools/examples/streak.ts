/**
 * A draft-length policy in one file: two more after a window that stood in whole, one less after any
 * other. It knows nothing of time, which is what the policies that ship have over it.
 * Source: assisted generation in Hugging Face transformers, num_assistant_tokens_schedule "heuristic".
 */
import { LONGEST, type Policy } from "#core/speculation/policies/policy.ts";

const FIRST = 5;

const streak: Policy = {
  name: "streak",
  summary: "Two tokens more after a window that stood in whole, one less after any other.",
  source: "Assisted generation in Hugging Face transformers, heuristic schedule",
  draftLength: ({ rounds }) =>
    rounds.reduce(
      (length, { drafted, accepted }) => Math.min(LONGEST, Math.max(1, accepted === drafted ? length + 2 : length - 1)),
      FIRST,
    ),
};

export default streak;
