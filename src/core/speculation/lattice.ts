/**
 * Distributions whose probabilities are whole numbers of one part in `parts`: what few bits can
 * say exactly. A draft that is *drawn* from the lattice point it sends loses nothing to
 * quantisation but agreement, because both tiers compute from the same distribution.
 * Source: Zhang et al., Quantize-Sample-and-Verify, arXiv:2507.00605 (quantise, then sample).
 */
import type { Distribution } from "./distribution.ts";

/**
 * Whole shares of the weights [n], which sum to `parts` exactly: the running sum is rounded, so
 * each share is within one of its due and nothing need be sorted.
 */
export function wholeShares(weights: ArrayLike<number>, parts: number): Uint32Array {
  const shares = new Uint32Array(weights.length);
  let total = 0;
  for (let at = 0; at < weights.length; at++) total += weights[at] ?? 0;
  let reached = 0;
  let given = 0;
  for (let at = 0; at < shares.length; at++) {
    reached += weights[at] ?? 0;
    const due = Math.round((reached / total) * parts);
    shares[at] = due - given;
    given = due;
  }
  return shares;
}

export function fromShares(shares: ArrayLike<number>, parts: number): Distribution {
  const distribution = new Float64Array(shares);
  for (let id = 0; id < distribution.length; id++) distribution[id] = (distribution[id] ?? 0) / parts;
  return distribution;
}
