/**
 * The log-probability of a token under a model, as `mode=score` reports it: log softmax at
 * temperature 1, unfiltered, shifted by the largest logit so that nothing overflows.
 */
import { exp, log } from "./exact-math.ts";
import { largest, scoreAt } from "./filters.ts";

/** `logits` [vocabulary]; in nats. */
export function logProbability(logits: ArrayLike<number>, id: number): number {
  const most = largest(logits);
  let sum = 0;
  for (let at = 0; at < logits.length; at++) sum += exp(scoreAt(logits, at) - most);
  return scoreAt(logits, id) - most - log(sum);
}
