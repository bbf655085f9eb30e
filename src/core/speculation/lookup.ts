/**
 * Drafting without a model: what followed the last few tokens earlier in the same text is proposed
 * again. It costs nothing and is right where an answer repeats its prompt (names, numbers, code).
 * Source: Saxena, Prompt Lookup Decoding, 2023; the same idea as LLMA (Yang et al., Inference with
 * Reference, 2023). There the first match of up to three tokens is copied; here the most frequent
 * continuation is, and of those the latest.
 */

/** What a draft model's name is where there is none. */
export const LOOKUP = "lookup";

/** Tokens that have to agree, the longest first; one alone says too little. */
const LENGTHS = [4, 3, 2] as const;

export interface Found {
  readonly id: number;
  /** Of the earlier places, and one that nobody has seen, how many went on like this: below 1. */
  readonly confidence: number;
}

/** What may come behind `ids`; null where their last tokens stand nowhere before. O(ids). */
export function lookUp(ids: readonly number[]): Found | null {
  for (const length of LENGTHS) {
    const found = ids.length > length ? mostFrequent(continuations(ids, length)) : null;
    if (found !== null) return found;
  }
  return null;
}

/** Every token that has followed the last `length` tokens, the latest last. */
function continuations(ids: readonly number[], length: number): readonly number[] {
  const suffix = ids.slice(-length);
  const found: number[] = [];
  for (let at = 0; at + length < ids.length; at += 1) {
    const next = ids[at + length];
    if (next !== undefined && suffix.every((id, index) => ids[at + index] === id)) found.push(next);
  }
  return found;
}

function mostFrequent(ids: readonly number[]): Found | null {
  const counts = new Map<number, number>();
  let best: number | null = null;
  for (const id of ids) {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (best === null || count >= (counts.get(best) ?? 0)) best = id;
  }
  return best === null ? null : { id: best, confidence: (counts.get(best) ?? 0) / (ids.length + 1) };
}
