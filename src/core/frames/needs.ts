/**
 * What a session must be for a message, by name: the rows of the message table list them, the edge
 * has a check for each (`src/edge/socket/message-check.ts`). Each says which fields it reads, so
 * that a row cannot ask for a check of what its message has not.
 */

/** Fields that a check reads. */
interface NeedReads {
  /** Weights that the session has: of this adapter, in this version. */
  readonly weights: { readonly adapter?: number; readonly version?: number };
  /** Activations of the session's width in its codec; the segment begins at a cut. */
  readonly smashed: { readonly payload: Uint8Array } & ({ readonly count: number } | { readonly targets: Uint32Array });
  /** The positions wanted are those that this segment can answer. */
  readonly want: { readonly want: string };
  /** The segment ends with the head. */
  readonly head: object;
  /** The segment is the whole model. */
  readonly "whole-model": object;
  /** The edge was told how to choose tokens. */
  readonly sampling: object;
  /** The same, where tokens are wanted back. */
  readonly "sampling-to-generate": { readonly generate: number };
  /** Ids within the vocabulary. */
  readonly ids: { readonly ids: Uint32Array } | { readonly targets: Uint32Array };
  /** A drafted window as the session's rule has it. */
  readonly window: { readonly ids: Uint32Array; readonly drafted: number; readonly payload: Uint8Array };
  /** Where there is no cache a pass is not parted: the scores of all its positions are there at once. */
  readonly "scores-at-once": { readonly targets: Uint32Array };
  /** A text that the reference's context holds. */
  readonly reference: { readonly ids: Uint32Array; readonly judged: number };
  /** A session whose cut can move. */
  readonly movable: object;
  /** A place where its cut can go. */
  readonly move: { readonly from: number; readonly to: number; readonly position: number };
  /** Blocks that the session holds, and not too much of them at a time. */
  readonly "held-blocks": { readonly from: number; readonly to: number; readonly count: number };
  /** All its positions fit the session's capacity. */
  readonly room: { readonly position: number };
}

export type Need = keyof NeedReads;
/** The needs that a message of these fields may have. */
export type NeedOf<F> = { [N in Need]: F extends NeedReads[N] ? N : never }[Need];
