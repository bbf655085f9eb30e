/**
 * Scores a policy on recorded draft and target tokens: rounds are played over the recording with
 * modelled times, so 2,000 tokens take milliseconds and every policy meets the same luck.
 * Modelled: times are the model's, and after a rejection the rest of a window, which the draft
 * would have drafted from a wrong token, is taken to be as sure of itself as the recording is.
 * What stands and what falls is exact for rules that are lossless token for token.
 */
import type { Policy, RoundSeen } from "./policies/policy.ts";

/** For each position of the target's own text: what a draft made there, given that text before it. */
export interface Recording {
  readonly agrees: readonly boolean[];
  readonly confidences: readonly number[];
}

/** Times in ms; the round trip may depend on when a round begins. */
export interface ReplayTimes {
  readonly draftMs: number;
  readonly verifyMs: number;
  readonly rttMs: (atMs: number) => number;
}

export interface ReplayScore {
  readonly kind: "modelled";
  readonly policy: string;
  readonly tokens: number;
  readonly rounds: number;
  readonly elapsedMs: number;
  readonly msPerToken: number;
  /** Of judged drafted tokens, the share that stood. */
  readonly acceptance: number;
  /** Tokens gained a round. */
  readonly blockEfficiency: number;
  readonly drafted: number;
}

export function replay(
  policy: Policy,
  { agrees, confidences }: Recording,
  { draftMs, verifyMs, rttMs }: ReplayTimes,
): ReplayScore {
  const rounds: RoundSeen[] = [];
  let elapsedMs = 0;
  let at = 0;
  let judged = 0;
  while (at < agrees.length) {
    const drafted = windowOf(policy, rounds, confidences, at);
    const accepted = standing(agrees, at, drafted);
    const round = { drafted, accepted, draftMs: drafted * draftMs, linkMs: rttMs(elapsedMs), edgeMs: verifyMs };
    rounds.push(round);
    elapsedMs += round.draftMs + round.linkMs + round.edgeMs;
    judged += Math.min(drafted, accepted + 1);
    at += Math.min(accepted + 1, agrees.length - at);
  }
  const accepted = rounds.reduce((sum, round) => sum + round.accepted, 0);
  return {
    kind: "modelled",
    policy: policy.name,
    tokens: agrees.length,
    rounds: rounds.length,
    elapsedMs,
    msPerToken: elapsedMs / agrees.length,
    acceptance: judged === 0 ? 0 : accepted / judged,
    blockEfficiency: agrees.length / rounds.length,
    drafted: rounds.reduce((sum, round) => sum + round.drafted, 0),
  };
}

function windowOf(policy: Policy, rounds: readonly RoundSeen[], confidences: readonly number[], at: number): number {
  const room = confidences.length - at - 1; // the round's own token needs a place too
  let drafted = 0;
  while (
    drafted < room &&
    drafted < policy.draftLength({ rounds, confidences: confidences.slice(at, at + drafted), room })
  )
    drafted++;
  return drafted;
}

function standing(agrees: readonly boolean[], at: number, drafted: number): number {
  let accepted = 0;
  while (accepted < drafted && agrees[at + accepted] === true) accepted++;
  return accepted;
}

/** The best of several policies in hindsight. */
export const bestOf = (policies: readonly Policy[], recording: Recording, times: ReplayTimes): ReplayScore =>
  policies
    .map((policy) => replay(policy, recording, times))
    .reduce((best, score) => (score.elapsedMs < best.elapsedMs ? score : best));
