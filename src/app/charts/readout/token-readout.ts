/** One token's interval by part, as every drawing of a run reads it out. */
import type { TokenEvent, TokenPart } from "#core/run/record.ts";
import { PART_MEANINGS, PART_NAMES, startOf } from "../../derive/timeline.ts";
import { exactDuration } from "../../format/units.ts";
import type { Series } from "../legend.tsx";
import type { Readout } from "./readout.tsx";
import { partFill } from "../../derive/part-fill.ts";

export const seriesOfPart = (part: TokenPart): Series => ({
  key: part,
  name: PART_NAMES[part],
  mark: { shape: "area", fill: partFill(part) },
  meaning: PART_MEANINGS[part],
});

/** `number` counts from one; null where there is no such token. */
export function tokenReadout(
  tokens: readonly TokenEvent[],
  number: number,
  parts: readonly TokenPart[],
): Readout | null {
  const token = tokens[number - 1];
  if (token === undefined) return null;
  const word = token.text.trim() === "" ? "" : ` \u201c${token.text.trim()}\u201d`;
  return {
    title: `Token ${number}${word}`,
    rows: [
      { name: "Interval", value: exactDuration(token.atMs - startOf(tokens, token.index)) },
      ...parts.flatMap((part) =>
        token[part] > 0
          ? [{ name: PART_NAMES[part], value: exactDuration(token[part]), mark: seriesOfPart(part).mark }]
          : [],
      ),
    ],
    ...(token.addedMs > 0 ? { notes: [`${exactDuration(token.addedMs)} of the link were added by the shaper.`] } : {}),
  };
}
