/**
 * Greedy match: a drafted token stands while it is the target's most probable one, which is what
 * the target alone would say at temperature 0 and only there.
 * Source: Stern et al., Blockwise Parallel Decoding, NeurIPS 2018 (section 3, verify).
 */
import { matchRule } from "./match.ts";

export const greedy = matchRule(
  {
    name: "greedy",
    summary: "Stands while it is the target's most probable token.",
    source: "Stern et al. 2018, Blockwise Parallel Decoding, section 3",
    temperatures: "zero",
  },
  (sampling) => ({ ...sampling, temperature: 0 }),
);
