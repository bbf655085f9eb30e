/**
 * What every draft-length policy must keep, as checks over one: for those in the registry, and for
 * one of one's own. A policy cannot make a text wrong, only slow, so this is about form: it answers
 * whatever a client may have seen, from that alone, and what it answers can be drafted. A check
 * returns what is wrong in words, so that this file needs no test runner.
 */
import { seededRandom, type Random } from "../../link/random.ts";
import { failureOf } from "../../run/failure.ts";
import { replay } from "../replay.ts";
import { LONGEST, type Policy, type PolicyView, type RoundSeen } from "./policy.ts";

export type PolicyCheck = (policy: Policy, seed?: number) => string | null;

const VIEWS = 200;

/** Histories as they come, and as they should not: no time at all, everything rejected, no room. */
function viewOf(random: Random): PolicyView {
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const ms = (): number => (random() < 0.1 ? 0 : random() * 10 ** upTo(3));
  const standing = random() < 0.2 ? upTo(1) : random(); // all, none, or so many
  const round = (): RoundSeen => {
    const drafted = 1 + upTo(LONGEST - 1);
    return { drafted, accepted: Math.round(standing * drafted), draftMs: ms(), linkMs: ms(), edgeMs: ms() };
  };
  const rounds = Array.from({ length: upTo(3) === 0 ? 0 : upTo(300) }, round);
  const confidences = Array.from({ length: upTo(LONGEST - 1) }, () => (random() < 0.1 ? upTo(1) : random()));
  return { rounds, confidences, room: 1 + upTo(1000) };
}

/** Calls the policy on view after view; the first objection stops it. */
function overViews(
  policy: Policy,
  seed: number,
  check: (wanted: number, view: PolicyView) => string | null,
): string | null {
  const random = seededRandom(seed);
  for (let at = 0; at < VIEWS; at++) {
    const view = viewOf(random);
    const objection = check(policy.draftLength(view), view);
    if (objection !== null)
      return `${objection}, after ${view.rounds.length} rounds with ${view.confidences.length} tokens drafted`;
  }
  return null;
}

export const POLICY_CONTRACT: Readonly<Record<string, PolicyCheck>> = {
  "never throws over what may have been seen": (policy, seed = 0) => {
    try {
      return overViews(policy, seed, () => null);
    } catch (thrown) {
      return `threw ${JSON.stringify(failureOf(thrown, policy.name))}`;
    }
  },
  "wants what can be drafted": (policy, seed = 0) =>
    overViews(policy, seed, (wanted) =>
      Number.isInteger(wanted) && wanted >= 0 && wanted <= LONGEST
        ? null
        : `it wants ${wanted} tokens where 0 to ${LONGEST} can be`,
    ),
  "begins by drafting": (policy) => {
    const wanted = policy.draftLength({ rounds: [], confidences: [], room: 100 });
    return wanted >= 1 ? null : `it wants ${wanted} tokens before it has seen a round, so that it never sees one`;
  },
  "answers from what it is shown alone": (policy, seed = 0) => {
    const random = seededRandom(seed);
    const views = Array.from({ length: VIEWS }, () => viewOf(random));
    const first = views.map((view) => policy.draftLength(view));
    const again = views
      .toReversed()
      .map((view) => policy.draftLength(view))
      .toReversed();
    const at = first.findIndex((wanted, index) => !Object.is(wanted, again[index]));
    return at === -1
      ? null
      : `asked the same again it wants ${String(again[at])} tokens in place of ${String(first[at])}: it keeps something from call to call, or draws lots`;
  },
  "leaves what it is shown as it was": (policy, seed = 0) => {
    const random = seededRandom(seed);
    for (let at = 0; at < VIEWS; at++) {
      const view = viewOf(random);
      const before = JSON.stringify(view);
      policy.draftLength(view);
      if (JSON.stringify(view) !== before) return "changed";
    }
    return null;
  },
  "brings a replay to its end": (policy, seed = 0) => {
    const random = seededRandom(seed);
    const recording = {
      agrees: Array.from({ length: 500 }, () => random() < 0.7),
      confidences: Array.from({ length: 500 }, random),
    };
    for (const rttMs of [0, 40, 1000]) {
      const { tokens, rounds, drafted } = replay(policy, recording, { draftMs: 1, verifyMs: 5, rttMs: () => rttMs });
      if (tokens !== recording.agrees.length || drafted > rounds * LONGEST)
        return `${drafted} tokens drafted in ${rounds} rounds`;
    }
    return null;
  },
};
