/**
 * Accept or resample: drafted x ~ q stands with probability min(1, p(x)/q(x)); the first that does
 * not is replaced by a draw from max(0, p - q), and after a window that stood in whole comes one
 * draw from p. The output is distributed as p for any q, as long as x was really drawn from q.
 * Source: Leviathan, Kalman and Matias, Fast Inference from Transformers via Speculative Decoding,
 * ICML 2023, algorithm 1 and appendix A.1; Chen et al., arXiv:2302.01318.
 */
import type { SamplingSettings } from "../../sampling/settings.ts";
import { distributionOf, drawFrom, residual, uniformFor, type Distribution } from "../distribution.ts";
import { NOTHING, rowOf, type WindowVerdict, type JudgedWindow } from "./rule.ts";

export function stands(p: number, q: number, { seed }: SamplingSettings, position: number): boolean {
  return uniformFor("accept", seed, position) * q < p;
}

export const resample = (weights: Float64Array, { seed }: SamplingSettings, position: number): number =>
  drawFrom(weights, uniformFor("resample", seed, position));

export const propose = (q: Distribution, { seed }: SamplingSettings, position: number): number =>
  drawFrom(q, uniformFor("draft", seed, position));

/** `proposals` [n]: what each drafted token was drawn from. */
export function acceptOrResample(window: JudgedWindow, proposals: readonly Distribution[]): WindowVerdict {
  const { ids, sampling, position } = window;
  for (const [index, q] of proposals.entries()) {
    const p = distributionOf(rowOf(window, index), sampling);
    const id = ids[index] ?? 0;
    if (stands(p[id] ?? 0, q[id] ?? 0, sampling, position + index)) continue;
    return { accepted: index, next: resample(residual(p, q), sampling, position + index), distribution: NOTHING };
  }
  const p = distributionOf(rowOf(window, ids.length), sampling);
  return { accepted: ids.length, next: resample(p, sampling, position + ids.length), distribution: NOTHING };
}
