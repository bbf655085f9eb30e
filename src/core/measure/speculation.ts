/**
 * What drafting came to, from the rounds of a run. The first round computes the prompt, so it is
 * left out of every rate. A dropped window costs bytes and drafting and no pass of the target.
 */
import type { RoundEvent, TokenEvent } from "../run/record.ts";
import type { CooperationTotals, SpeculationTotals } from "../run/record/record-totals.ts";
import { median } from "./summary.ts";

export function speculationOf(all: readonly RoundEvent[]): SpeculationTotals {
  const rounds = all.slice(1);
  const sum = (of: (round: RoundEvent) => number): number => rounds.reduce((total, round) => total + of(round), 0);
  const passes = rounds.filter(({ dropped }) => !dropped);
  const gained = sum((round) => round.gained);
  const drafted = sum((round) => round.drafted.length);
  const judged = sum((round) => round.fates.filter((fate) => fate !== "wasted").length);
  const accepted = sum((round) => round.accepted);
  return {
    rounds: rounds.length,
    drafted,
    judged,
    accepted,
    wasted: drafted - judged,
    droppedWindows: rounds.length - passes.length,
    acceptance: ratio(accepted, judged),
    blockEfficiency: ratio(gained, passes.length),
    edgePassesPerToken: ratio(passes.length, gained),
    tokensPerRoundTrip: ratio(gained, rounds.filter(({ follows }) => !follows).length),
    bytesPerAcceptedToken: ratio(
      sum((round) => round.upBytes + round.downBytes),
      accepted,
    ),
    edgeMsPerToken: ratio(
      sum((round) => round.edgeMs),
      gained,
    ),
    draftMs: ratio(
      sum((round) => round.draftMs),
      sum((round) => (round.draftMs > 0 ? round.drafted.length : 0)),
    ),
    verifyMs: median(passes.map(({ edgeMs }) => edgeMs)),
  };
}

export const cooperationOf = (tokens: readonly TokenEvent[]): CooperationTotals => ({
  touchedShare: tokens.filter(({ fate }) => fate === "asked").length / tokens.length,
  edgeMsPerToken: tokens.reduce((sum, { edgeMs }) => sum + edgeMs, 0) / tokens.length,
});

const ratio = (of: number, by: number): number | null => (by === 0 ? null : of / by);
