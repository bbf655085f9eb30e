/**
 * Where every drafted token and every token of the text went, for tests of whatever drafts: a token
 * that was drafted is accepted, corrected or wasted, one of the text is accepted, put in place of a
 * corrected one, or a bonus, and both counts say the same, round by round and in the totals.
 */
import type { RunRecord } from "#core/run/record.ts";

/** What does not add up, in words; empty where everything does. */
export function imbalances(record: RunRecord): readonly string[] {
  const { tokens, rounds = [], totals, finish } = record;
  const wrong: string[] = [];
  const mustBe = (what: string, is: number, due: number): void =>
    void (is === due || wrong.push(`${what}: ${is} where ${due} are due`));
  const fateIn = (fate: string, all: readonly { readonly fate?: string }[]): number =>
    all.filter((each) => each.fate === fate).length;
  for (const { index, drafted, fates, accepted, gained, dropped } of rounds) {
    const own = tokens.filter(({ round }) => round === index);
    const fated = fates.map((fate) => ({ fate }));
    mustBe(`fates of round ${index}`, fates.length, drafted.length);
    mustBe(`tokens of round ${index}`, own.length, gained);
    mustBe(`accepted of round ${index}`, fateIn("accepted", fated), accepted);
    mustBe(`accepted tokens of round ${index}`, fateIn("accepted", own), accepted);
    mustBe(`corrected tokens of round ${index}`, fateIn("corrected", own), fateIn("corrected", fated));
    mustBe(`other tokens of round ${index}`, gained - accepted - fateIn("corrected", own), fateIn("bonus", own));
    if (dropped) mustBe(`tokens of the dropped round ${index}`, gained, 0);
    own
      .slice(0, accepted)
      .forEach(({ id }, at) => mustBe(`accepted token ${at} of round ${index}`, id, drafted[at] ?? -1));
    if (finish.kind === "eos")
      mustBe(
        `tokens of round ${index} drafted behind the end`,
        drafted.slice(0, -1).filter((id) => id === finish.id).length,
        0,
      );
  }
  mustBe(
    "tokens of rounds",
    rounds.reduce((sum, { gained }) => sum + gained, 0),
    tokens.length,
  );
  const { speculation } = totals;
  if (speculation === undefined) return [...wrong, "no totals of drafting"];
  const later = tokens.filter(({ round = 0 }) => round > 0);
  const passes = speculation.rounds - speculation.droppedWindows;
  mustBe("drafted tokens", speculation.judged + speculation.wasted, speculation.drafted);
  mustBe("judged tokens", fateIn("accepted", later) + fateIn("corrected", later), speculation.judged);
  mustBe("tokens of all passes", Math.round((speculation.blockEfficiency ?? 0) * passes), later.length);
  mustBe(
    "passes of all tokens",
    Math.round((speculation.edgePassesPerToken ?? 0) * later.length),
    later.length === 0 ? 0 : passes,
  );
  return wrong;
}
