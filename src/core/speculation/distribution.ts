/**
 * Distributions over the vocabulary, and drawing from them without a generator: the uniform for a
 * purpose at a position is a hash of (seed, position, purpose), so a repeated round, or one that
 * is verified on another tier, draws the same.
 * Invariant: purposes lie above every token id, so no uniform here is one behind `pick`'s noise.
 */
import type { SamplingSettings } from "../sampling/settings.ts";
import { exp } from "../sampling/exact-math.ts";
import { keptIds, largest, scoreAt } from "../sampling/filters.ts";
import { noiseHash, noiseKey, unitOf } from "../sampling/noise.ts";
import { pick } from "../sampling/sample.ts";

/** Probabilities by token id [vocabulary], summing to one. */
export type Distribution = Float64Array;

/** What `pick` draws from: temperature, then the filters, renormalised. At temperature 0 all on one token. */
export function distributionOf(
  logits: ArrayLike<number>,
  { temperature, topK, topP, seed }: SamplingSettings,
): Distribution {
  const weights = new Float64Array(logits.length);
  if (temperature === 0) {
    weights[pick(logits, { temperature, topK, topP, seed }, 0).id] = 1;
    return weights;
  }
  const most = largest(logits);
  const weigh = (id: number): void => void (weights[id] = exp((scoreAt(logits, id) - most) / temperature));
  const kept = keptIds(logits, temperature, topK, topP);
  if (kept === null) for (let id = 0; id < logits.length; id++) weigh(id);
  else for (const id of kept) weigh(id);
  return normalised(weights);
}

/** Divided by its sum, in place. */
export function normalised(weights: Float64Array): Distribution {
  let total = 0;
  for (const each of weights) total += each;
  for (let id = 0; id < weights.length; id++) weights[id] = (weights[id] ?? 0) / total;
  return weights;
}

const PURPOSES = { draft: 0x8000_0001, accept: 0x8000_0002, resample: 0x8000_0003 } as const;
export type DrawPurpose = keyof typeof PURPOSES;

/** Uniform in (0, 1): one for each purpose at each position of a seed. */
export const uniformFor = (purpose: DrawPurpose, seed: number, position: number): number =>
  unitOf(noiseHash(noiseKey(seed, position), PURPOSES[purpose]));

/** The token at `uniform` of the way through the weights, in the order of their ids. */
export function drawFrom(weights: Float64Array, uniform: number): number {
  let left = uniform * weights.reduce((sum, each) => sum + each, 0);
  let last = 0;
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id] ?? 0;
    if (weight <= 0) continue;
    last = id;
    left -= weight;
    if (left < 0) return id;
  }
  return last; // rounding left a crumb
}

/**
 * What the target has over the draft, max(0, p - q), unnormalised: the distribution to draw from
 * after a rejection. Where rounding left nothing of it, p itself.
 */
export function residual(p: Distribution, q: Distribution): Float64Array {
  const over = p.map((each, id) => Math.max(0, each - (q[id] ?? 0)));
  return over.some((each) => each > 0) ? over : p;
}

/** Probability that the model itself gives its favourite, unfiltered and at temperature 1. */
export function confidenceOf(logits: ArrayLike<number>): number {
  const most = largest(logits);
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += exp(scoreAt(logits, id) - most);
  return 1 / sum;
}
