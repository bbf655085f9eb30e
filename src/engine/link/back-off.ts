/**
 * How often, and for how long, a session tries to come back to an edge server that does not answer.
 * Waits grow up to a bound; chance shortens each, so that tabs that lost the edge together do not
 * return together.
 */
import type { Random } from "#core/link/random.ts";

export interface BackOff {
  /** Before the second attempt: the first is made at once. */
  readonly firstMs: number;
  readonly growth: number;
  /** No wait is longer. */
  readonly mostMs: number;
  /** Share of a wait that chance may take away. */
  readonly jitter: number;
  /** No attempt begins later than this after the first. */
  readonly forMs: number;
}

/** Longer than a server takes to be started again, or a phone to leave a tunnel. */
export const BACK_OFF: BackOff = { firstMs: 100, growth: 2, mostMs: 8_000, jitter: 0.25, forMs: 150_000 };

/** Attempts in all that are to be expected, once `attempt` is the next and `leftMs` are left for it and all others; each is answered at once. */
export function attemptsExpected(attempt: number, leftMs: number, backOff: BackOff): number {
  const usualMs = (nth: number): number => waitBefore(nth, backOff, () => 0.5);
  let last = attempt;
  for (let restMs = leftMs - usualMs(attempt + 1); restMs >= 0; restMs -= usualMs(last + 1)) last++;
  return last;
}

/** Attempts count from one. */
export function waitBefore(attempt: number, { firstMs, growth, mostMs, jitter }: BackOff, random: Random): number {
  if (attempt === 1) return 0;
  return Math.min(mostMs, firstMs * growth ** (attempt - 2)) * (1 - jitter * random());
}
