/**
 * How much of a drafted window one message to the edge holds. Smashed data and evidence may be
 * large, so a window is drafted no longer than fits, and certain positions that do not fit (a long
 * prompt, a whole text after a lost session) go up ahead of it, in stretches.
 */
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";

export interface WindowBytes {
  readonly maxMessageBytes: number;
  /** What a position takes beside its id: smashed data, where the edge begins at a cut. */
  readonly perPosition: number;
  /** Of the rule's evidence, for each drafted token. */
  readonly perDrafted: number;
}

const ID_BYTES = 4;

/** Drafted tokens that fit behind `certain` positions; 0 where none does. */
export function mostDrafted({ maxMessageBytes, perPosition, perDrafted }: WindowBytes, certain: number): number {
  const room = maxMessageBytes - FRAME_HEADER_BYTES - certain * (ID_BYTES + perPosition);
  return Math.max(0, Math.floor(room / (ID_BYTES + perPosition + perDrafted)));
}

/** Lengths of the stretches that `certain` positions go up in, the last of which opens the window with `drafted` tokens behind it. */
export function stretchesAhead(
  { maxMessageBytes, perPosition, perDrafted }: WindowBytes,
  certain: number,
  drafted: number,
): readonly number[] {
  const room = maxMessageBytes - FRAME_HEADER_BYTES;
  const each = Math.max(1, Math.floor(room / (ID_BYTES + perPosition)));
  const last = Math.max(
    1,
    Math.floor((room - drafted * (ID_BYTES + perPosition + perDrafted)) / (ID_BYTES + perPosition)),
  );
  if (perPosition === 0 || certain <= last) return [certain]; // ids alone have no way ahead of their window
  const ahead = certain - last;
  const full = Array.from({ length: Math.floor(ahead / each) }, () => each);
  return [...full, ...(ahead % each > 0 ? [ahead % each] : []), last];
}
