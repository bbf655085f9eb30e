/**
 * What a round costs and gains, as a client can estimate it from the rounds it has seen: the time
 * of a drafted token, the time of a round apart from drafting, and how often drafts stood.
 * Older rounds count less, so that a link that changes is followed.
 */
import type { RoundSeen } from "./policy.ts";

/** A round counts half of one this many rounds later. */
const HALF_LIFE = 60;

export interface RoundCosts {
  /** Of drafting one token. */
  readonly draftMs: number;
  /** Of a round without its drafting: link and edge. */
  readonly roundMs: number;
}

/** Each round with its weight, the latest first; rounds that no longer count are left out. */
function* weighted(rounds: readonly RoundSeen[], halfLife: number): Generator<readonly [RoundSeen, number]> {
  const decay = 0.5 ** (1 / halfLife);
  let weight = 1;
  for (let at = rounds.length - 1; at >= 0 && weight > 0.01; at--, weight *= decay) {
    const round = rounds[at];
    if (round !== undefined) yield [round, weight];
  }
}

/** The link changes faster than what is said over it. */
const LINK_HALF_LIFE = 2;

/** Null before the first round that drafted something. */
export function roundCosts(rounds: readonly RoundSeen[]): RoundCosts | null {
  const drafting = { ms: 0, tokens: 0 };
  const apart = { ms: 0, rounds: 0 };
  for (const [{ draftMs, drafted, linkMs, edgeMs }, weight] of weighted(rounds, LINK_HALF_LIFE)) {
    drafting.ms += weight * draftMs;
    drafting.tokens += weight * drafted;
    apart.ms += weight * (linkMs + edgeMs);
    apart.rounds += weight;
  }
  return drafting.tokens === 0 ? null : { draftMs: drafting.ms / drafting.tokens, roundMs: apart.ms / apart.rounds };
}

/** How often a drafted token was judged, and how often it stood, given that those before it did. */
export interface Depth {
  readonly judged: number;
  readonly stood: number;
}

/** By depth in the window, from the first drafted token to `longest`. */
export function depthsOf(rounds: readonly RoundSeen[], longest: number): readonly Depth[] {
  const depths = Array.from({ length: longest }, () => ({ judged: 0, stood: 0 }));
  for (const [{ drafted, accepted }, weight] of weighted(rounds, HALF_LIFE)) {
    for (const [at, depth] of depths.entries()) {
      if (at >= drafted || at > accepted) break;
      depth.judged += weight;
      if (at < accepted) depth.stood += weight;
    }
  }
  return depths;
}

/** Share of all judged drafts that stood, with two imaginary ones that nearly both did: never 0 or 1, and hopeful at the start. */
export function pooledRate(depths: readonly Depth[]): number {
  let judged = 2;
  let stood = 1.9;
  for (const depth of depths) {
    judged += depth.judged;
    stood += depth.stood;
  }
  return stood / judged;
}

/**
 * The length from 1 to `longest` with the least time a token: a round of length g gains
 * 1 + a1 + a1 a2 + ... + a1..ag tokens, where `stands(g)` is the chance that a token at that depth
 * stands once those before it do. With one chance for all depths that is (1 - a^(g+1)) / (1 - a),
 * Leviathan et al.'s equation 1.
 */
export function bestLength(
  { draftMs, roundMs }: RoundCosts,
  stands: (depth: number) => number,
  longest: number,
): number {
  let best = { length: 0, msPerToken: Infinity };
  let reaches = 1;
  let gained = 1;
  for (let length = 1; length <= longest; length++) {
    reaches *= stands(length);
    gained += reaches;
    const msPerToken = (roundMs + length * draftMs) / gained;
    if (msPerToken < best.msPerToken) best = { length, msPerToken };
  }
  return best.length;
}
