/** One token's way as stops, one in the middle of each part: for whoever goes through it without motion. */
import type { RoundEvent, TokenEvent, TokenPart } from "#core/run/record.ts";
import { legsOf } from "./moments.ts";
import { laidOut } from "./timeline.ts";

export interface WayStop {
  readonly part: TokenPart;
  readonly atMs: number;
  /** Of the part. */
  readonly ms: number;
}

/** Of a drafted token its window's way. */
export function stopsOn(
  tokens: readonly TokenEvent[],
  rounds: readonly RoundEvent[],
  index: number,
): readonly WayStop[] {
  const round = rounds.find((each) => each.index === tokens[index]?.round);
  const parts = round === undefined ? laidOut(tokens, index) : legsOf(round);
  return parts.map(({ part, fromMs, toMs }) => ({ part, atMs: (fromMs + toMs) / 2, ms: toMs - fromMs }));
}
