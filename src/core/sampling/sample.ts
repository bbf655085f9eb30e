/**
 * The one definition of sampling: temperature, then top-k, then top-p; the token is the one with
 * the largest log-probability plus Gumbel noise of (seed, position, token), of equal ones the
 * lower id. Temperature 0 adds no noise and filters nothing. Wherever it runs, the same logits
 * give the same token.
 *
 * Log-probabilities are never normalised: a constant changes neither the largest nor a lead.
 * Logits that are NaN count as impossible, so that a corrupted step still yields some token.
 */
import type { SamplingSettings } from "./settings.ts";
import { keptIds, scoreAt } from "./filters.ts";
import { GUMBEL_MAX, gumbelBound, gumbelOf, noiseHash, noiseKey } from "./noise.ts";

/** Two tiers' kernels may differ by this much in a score: a divergence with a smaller margin is a near tie, not a fault. */
export const NEAR_TIE = 1e-4;

export interface Picked {
  readonly id: number;
  /** How far it leads over the second best, in (perturbed) log-probability; Infinity without a second. */
  readonly margin: number;
}

/** Chooses a token. `logits` [vocabulary]; `position` is the sequence position of the token being chosen. */
export function pick(logits: ArrayLike<number>, settings: SamplingSettings, position: number): Picked {
  const { id, score, second } = best(logits, settings, position);
  return { id, margin: second === -Infinity ? Infinity : score - second };
}

/** How far the choice leads over `id`: 0 for the choice itself, Infinity where `id` is filtered out. */
export function lead(logits: ArrayLike<number>, settings: SamplingSettings, position: number, id: number): number {
  const chosen = best(logits, settings, position);
  if (chosen.id === id) return 0;
  if (id < 0 || id >= logits.length || scoreAt(logits, id) === -Infinity) return Infinity;
  if (settings.temperature === 0) return chosen.score - scoreAt(logits, id);
  if (chosen.kept !== null && !chosen.kept.includes(id)) return Infinity;
  return (
    chosen.score -
    (scoreAt(logits, id) / settings.temperature + gumbelOf(noiseHash(noiseKey(settings.seed, position), id)))
  );
}

interface Best {
  readonly id: number;
  readonly score: number;
  readonly second: number;
  readonly kept: Uint32Array | null;
}

function best(logits: ArrayLike<number>, settings: SamplingSettings, position: number): Best {
  if (settings.temperature === 0) return { ...greedy(logits), kept: null };
  const kept = keptIds(logits, settings.temperature, settings.topK, settings.topP);
  return { ...perturbed(logits, kept, settings.temperature, noiseKey(settings.seed, position)), kept };
}

function greedy(logits: ArrayLike<number>): Omit<Best, "kept"> {
  let id = 0;
  let score = -Infinity;
  let second = -Infinity;
  for (let at = 0; at < logits.length; at++) {
    const each = scoreAt(logits, at);
    if (each > score) {
      second = score;
      score = each;
      id = at;
    } else if (each > second) second = each;
  }
  return { id, score, second };
}

/** Tokens that cannot reach the second place even with the most noise their hash allows cost no logarithm. */
function perturbed(
  logits: ArrayLike<number>,
  kept: Uint32Array | null,
  temperature: number,
  key: number,
): Omit<Best, "kept"> {
  const count = kept?.length ?? logits.length;
  let id = kept?.[0] ?? 0;
  let score = -Infinity;
  let second = -Infinity;
  for (let index = 0; index < count; index++) {
    const at = kept === null ? index : (kept[index] ?? 0);
    const scaled = scoreAt(logits, at) / temperature;
    if (scaled + GUMBEL_MAX < second) continue;
    const hash = noiseHash(key, at);
    if (scaled + gumbelBound(hash) < second) continue;
    const each = scaled + gumbelOf(hash);
    if (each > score || (each === score && at < id)) {
      second = score;
      score = each;
      id = at;
    } else if (each > second) second = each;
  }
  return { id, score, second };
}
