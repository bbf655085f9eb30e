/**
 * What a verification rule is: how the device draws a drafted token, what it tells the edge about
 * it beside its id, and how the edge, from its own scores of the same positions, says how many
 * stand and what comes next. A rule is a value; another rule is another file.
 *
 * Invariant: whatever a rule computes from the evidence, it computes from the *decoded bytes*, on
 * both tiers. Randomness comes from hashes (distribution.ts), so a repeated round ends the same.
 */
import type { SamplingSettings } from "../../sampling/settings.ts";
import { refuse, type Result } from "../../run/failure.ts";
import type { Distribution } from "../distribution.ts";

/** A token as the device drafted it. */
export interface Drafted {
  readonly id: number;
  /** What the uplink carries about it: `bytesPerToken` bytes. */
  readonly evidence: Uint8Array;
  /** What it was drawn from, where the device may have to resample itself. */
  readonly proposal: Distribution | null;
}

/** A drafted window as the edge sees it. */
export interface JudgedWindow {
  /** The target's scores, row i of the position of `ids[i]`, and one row past the last. */
  readonly rows: Float32Array; // [ids + 1, vocabulary]
  readonly ids: ArrayLike<number>; // [n]
  readonly evidence: Uint8Array; // [n, bytesPerToken]
  readonly sampling: SamplingSettings;
  /** Sequence position of the first drafted token. */
  readonly position: number;
}

export interface WindowVerdict {
  /** Drafted tokens that stand, from the first. */
  readonly accepted: number;
  /** The token after those; null where the device chooses it, from `distribution`. */
  readonly next: number | null;
  /** For `settle`; empty otherwise. */
  readonly distribution: Uint8Array;
}

export interface Rule {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** "exact": token for token what the target alone would give for the seed. "in-distribution": drawn from the same distribution. */
  readonly lossless: "exact" | "in-distribution";
  /** "zero": it decides by the most probable token alone, so sampling under it would not be the target's. */
  readonly temperatures: "any" | "zero";
  /** On the uplink, beside the id. */
  bytesPerToken(vocabulary: number): number;
  /** Device. `logits` [vocabulary] are the draft's; `position` is the token's own. */
  draft(logits: Float32Array, sampling: SamplingSettings, position: number): Drafted;
  /** Edge. Refuses evidence that no honest device sends. */
  verify(window: JudgedWindow): Result<WindowVerdict>;
  /** Device, where a verdict left the choice to it: the token in place of `rejected`. Null where verdicts never do. */
  readonly settle:
    | ((rejected: Drafted, distribution: Uint8Array, sampling: SamplingSettings, position: number) => Result<number>)
    | null;
}

export const NOTHING = new Uint8Array(0);

/** The target's scores of the window's `index`-th position. */
export function rowOf({ rows, ids }: JudgedWindow, index: number): Float32Array {
  const vocabulary = rows.length / (ids.length + 1);
  return rows.subarray(index * vocabulary, (index + 1) * vocabulary);
}

/** What `bytes` of `each` for every drafted token are, in turn; null where they are not as many. */
export function evidenceOf({ ids, evidence }: JudgedWindow, each: number): readonly Uint8Array[] | null {
  if (evidence.byteLength !== ids.length * each) return null;
  return Array.from(ids, (_, index) => evidence.subarray(index * each, (index + 1) * each));
}

export const badEvidence = (rule: string, what: string): Result<never> =>
  refuse({ code: "bad-frame", what: `${rule}: ${what}`, offset: null });
