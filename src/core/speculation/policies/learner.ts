/**
 * An online learner: for every depth an upper confidence bound on the chance that a token there
 * stands, and the length that would be best were all bounds true. Depths it has seldom reached look
 * a little better than the rest until they are tried (a cascade: a round of length g shows all depths
 * up to the first rejection). With the sources' radius and nothing forgotten, regret is bounded by
 * the logarithm of the rounds. Here the radius is smaller and older rounds fade, to follow text and
 * link as they change: no such bound is proved for that, so the tests bound the loss on replays.
 * Source: UCB-SpecStop in Delay-Adaptive Speculation Control, arXiv:2606.20591 (the ratio of time
 * to tokens, empirical prefixes instead of one rate); Kveton et al., Cascading Bandits, ICML 2015.
 */
import type { Policy } from "./policy.ts";
import { LONGEST } from "./policy.ts";
import { bestLength, depthsOf, pooledRate, roundCosts, type Depth } from "./round-model.ts";

const FIRST = 4;
/** Of the confidence radius. The textbook's 1.5 is for the worst case; acceptance is milder. Both figures were chosen on more recordings than the tests have. */
const BOLDNESS = 0.001;
/** What is seen at all depths together counts at each for as many tokens as this. */
const SHARED = 60;

export const learner: Policy = {
  name: "learner",
  summary: "Learns the best length from its own rounds, trying what it knows little of.",
  source: "UCB-SpecStop, arXiv:2606.20591; Kveton et al. 2015, Cascading Bandits",
  draftLength: ({ rounds }) => {
    const costs = roundCosts(rounds);
    if (costs === null) return FIRST;
    const depths = depthsOf(rounds, LONGEST);
    const rate = pooledRate(depths);
    const seen = depths[0]?.judged ?? 0;
    return bestLength(costs, (depth) => upperBound(depths[depth - 1] ?? UNSEEN, rate, seen), LONGEST);
  },
};

const UNSEEN: Depth = { judged: 0, stood: 0 };

function upperBound({ judged, stood }: Depth, rate: number, seen: number): number {
  const known = judged + SHARED;
  return Math.min(1, (stood + SHARED * rate) / known + Math.sqrt((BOLDNESS * Math.log(1 + seen)) / known));
}
