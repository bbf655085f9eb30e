/**
 * A drafted window judged on a session of the target: one pass over all its positions, the rule's
 * verdict, and the cache rewound to what stands. The edge server runs it; so does any tier that
 * holds a target.
 *
 * Windows may be drafted behind ones that are still unanswered. Such a window is dropped, and
 * nothing computed for it, once a token that it rests on has fallen. What fell is remembered as a
 * position, not as a count of messages, so that a window asked again after a dropped socket is
 * judged as it was the first time.
 */
import { unwrap, type Result } from "#core/run/failure.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import type { Rule, WindowVerdict } from "#core/speculation/rules/rule.ts";
import type { Want } from "#wire/messages.ts";
import type { SegmentInput, SegmentOutput } from "../../ports.ts";
import { logitsOf } from "../tiers/segment-output.ts";

/** A session's part in it: a pass, however often it is really computed, and the way back. */
export interface Judging {
  step(input: SegmentInput, position: number, want: Want): Promise<SegmentOutput>;
  rewind(position: number): void;
}

export interface DraftedWindow {
  readonly position: number;
  /** The last `drafted` are the draft's; those before them are certain. */
  readonly ids: Uint32Array; // [n]
  readonly drafted: number;
  readonly follows: boolean;
  /** What the session takes in: the ids themselves, or their activations at the cut. */
  readonly hidden: Float32Array | null; // [n, hidden]
  readonly evidence: Uint8Array;
}

export type WindowOutcome =
  | { readonly kind: "dropped" }
  | ({ readonly kind: "judged"; /** Of the next token. */ readonly position: number } & WindowVerdict);

export class WindowJudge {
  /** Where a token fell last; nothing that rests on that position stands. */
  #fellAt = Infinity;

  /** A token that the window rests on has fallen. */
  drops({ position, ids, drafted, follows }: Pick<DraftedWindow, "position" | "ids" | "drafted" | "follows">): boolean {
    return follows && this.#fellAt < position + ids.length - drafted;
  }

  async judge(session: Judging, window: DraftedWindow, rule: Rule, sampling: SamplingSettings): Promise<WindowOutcome> {
    const { position, ids, drafted, evidence } = window;
    const first = position + ids.length - drafted; // of the first drafted token
    if (this.drops(window)) return { kind: "dropped" };
    const rows = await rowsOf(session, window);
    const verdict = unwrap(verdictOf(rule, rows, ids.subarray(ids.length - drafted), evidence, sampling, first));
    const stands = first + verdict.accepted;
    session.rewind(stands);
    this.#fellAt = verdict.accepted < drafted ? stands : Infinity;
    return { kind: "judged", position: stands, ...verdict };
  }
}

const verdictOf = (
  rule: Rule,
  rows: Float32Array,
  ids: Uint32Array,
  evidence: Uint8Array,
  sampling: SamplingSettings,
  position: number,
): Result<WindowVerdict> => rule.verify({ rows, ids, evidence, sampling, position });

/** The target's scores of every drafted token's position and of the one after: [drafted + 1, vocabulary]. A long prompt's own scores are never computed. */
async function rowsOf(session: Judging, window: DraftedWindow): Promise<Float32Array> {
  const { position, ids, drafted } = window;
  const silent = ids.length - drafted - 1; // certain ids whose scores nobody needs
  if (silent > 0) await session.step(inputOf(window, 0, silent), position, "none");
  return logitsOf(session.step(inputOf(window, silent, ids.length), position + silent, "all"));
}

function inputOf({ ids, hidden }: DraftedWindow, from: number, to: number): SegmentInput {
  if (hidden === null) return { kind: "ids", ids: ids.subarray(from, to) };
  const width = hidden.length / ids.length;
  return { kind: "hidden", hidden: hidden.subarray(from * width, to * width) };
}
