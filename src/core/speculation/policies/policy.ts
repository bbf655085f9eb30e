/**
 * What a draft-length policy is: a function from what a real client knows to the length it wants
 * the window under way to have. It is asked again after every drafted token, and drafting ends
 * once there are as many as it wants. A policy is a value; another policy is another file.
 *
 * Invariant: it may look at tokens already drafted (all of which are sent) and never at one that is
 * not, so that under rules that are lossless in distribution a length never depends on a token that
 * was thrown away.
 */

/** A finished round, as the client itself measured it. */
export interface RoundSeen {
  readonly drafted: number;
  readonly accepted: number;
  /** Of drafting the whole window. */
  readonly draftMs: number;
  /** Of the exchange, less the edge's own time. */
  readonly linkMs: number;
  /** What the edge said it waited and computed. */
  readonly edgeMs: number;
}

/** Everything a policy may know: nothing of it needs an oracle, a second run or the edge's insides. */
export interface PolicyView {
  /** Rounds of this run so far, and of earlier ones with the same models, rule and temperature, oldest first; dropped windows are not among them. */
  readonly rounds: readonly RoundSeen[];
  /** Of each token drafted in this window: how probable the draft held its own favourite there. */
  readonly confidences: readonly number[];
  /** Tokens that the answer or the caches still have room for. */
  readonly room: number;
}

export interface Policy {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** Tokens this window should have, knowing what is known now; the caller keeps it within `room`. */
  draftLength(view: PolicyView): number;
}

/** No policy drafts further ahead than this. */
export const LONGEST = 24;
