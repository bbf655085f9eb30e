/**
 * Where every drafted token and every token of the text went, for tests of whatever drafts: a token
 * that was drafted is accepted, corrected or wasted, one of the text is accepted, put in place of a
 * corrected one, or a bonus, and both counts say the same, round by round and in the totals.
 */
import type { RoundEvent, RunRecord, TokenEvent } from "#core/run/record.ts";

/** What does not add up, in words; empty where everything does. */
export function imbalances(record: RunRecord): readonly string[] {
  const { tokens, rounds = [], totals } = record;
  const gained = rounds.reduce((sum, round) => sum + round.gained, 0);
  const wrong = [
    ...rounds.flatMap((round) => wrongInRound(round, record)),
    ...differing([["tokens of rounds", gained, tokens.length]]),
  ];
  return totals.speculation === undefined
    ? [...wrong, "no totals of drafting"]
    : [...wrong, ...wrongInTotals(totals.speculation, tokens)];
}

/** What is counted, how many there are, and how many are due. */
type Count = readonly [what: string, is: number, due: number];

const differing = (counts: readonly Count[]): readonly string[] =>
  counts.flatMap(([what, is, due]) => (is === due ? [] : [`${what}: ${is} where ${due} are due`]));

const fateIn = (fate: string, all: readonly { readonly fate?: string }[]): number =>
  all.filter((each) => each.fate === fate).length;

function wrongInRound(
  { index, drafted, fates, accepted, gained, dropped }: RoundEvent,
  { tokens, finish }: RunRecord,
): readonly string[] {
  const own = tokens.filter(({ round }) => round === index);
  const fated = fates.map((fate) => ({ fate }));
  const behindEnd = finish.kind === "eos" ? drafted.slice(0, -1).filter((id) => id === finish.id).length : 0;
  return differing([
    [`fates of round ${index}`, fates.length, drafted.length],
    [`tokens of round ${index}`, own.length, gained],
    [`accepted of round ${index}`, fateIn("accepted", fated), accepted],
    [`accepted tokens of round ${index}`, fateIn("accepted", own), accepted],
    [`corrected tokens of round ${index}`, fateIn("corrected", own), fateIn("corrected", fated)],
    [`other tokens of round ${index}`, gained - accepted - fateIn("corrected", own), fateIn("bonus", own)],
    [`tokens of the dropped round ${index}`, dropped ? gained : 0, 0],
    ...own
      .slice(0, accepted)
      .map(({ id }, at): Count => [`accepted token ${at} of round ${index}`, id, drafted[at] ?? -1]),
    [`tokens of round ${index} drafted behind the end`, behindEnd, 0],
  ]);
}

function wrongInTotals(
  speculation: NonNullable<RunRecord["totals"]["speculation"]>,
  tokens: readonly TokenEvent[],
): readonly string[] {
  const later = tokens.filter(({ round = 0 }) => round > 0);
  const passes = speculation.rounds - speculation.droppedWindows;
  return differing([
    ["drafted tokens", speculation.judged + speculation.wasted, speculation.drafted],
    ["judged tokens", fateIn("accepted", later) + fateIn("corrected", later), speculation.judged],
    ["tokens of all passes", Math.round((speculation.blockEfficiency ?? 0) * passes), later.length],
    [
      "passes of all tokens",
      Math.round((speculation.edgePassesPerToken ?? 0) * later.length),
      later.length === 0 ? 0 : passes,
    ],
  ]);
}
