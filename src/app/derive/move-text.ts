/** Moves of the cut in words, for the page and for those who hear it. */
import type { CutMove } from "#core/run/record.ts";
import { duration, size } from "../format/units.ts";
import type { Moving } from "../stores/runs.ts";

export const movingText = ({ from, to, phase }: Pick<Moving, "from" | "to" | "phase">): string =>
  phase === "preparing"
    ? `The cut is on its way from ${from} to ${to}: getting ready while tokens come`
    : `The cut moves from ${from} to ${to}`;

export function movedText({
  from,
  to,
  after,
  way,
  measuredMs,
  upBytes,
  downBytes,
  predictedMs,
  otherwiseMs,
}: CutMove): string {
  const what = way === "carry" ? "keys and values carried" : "keys and values rebuilt";
  const other = way === "carry" ? "rebuilding" : "carrying";
  const modelled =
    predictedMs === null || otherwiseMs === null
      ? ""
      : ` (modelled ${duration(predictedMs)}, ${other} ${duration(otherwiseMs)})`;
  return `After token ${after} the cut moved from ${from} to ${to}: ${what}, ${size(upBytes + downBytes)} in ${duration(measuredMs)}${modelled}.`;
}

/** One move in full; of several how many and the last. */
export function movesText(moves: readonly CutMove[]): readonly string[] {
  const last = moves.at(-1);
  if (last === undefined) return [];
  return moves.length === 1 ? [movedText(last)] : [`The cut moved ${moves.length} times.`, movedText(last)];
}
