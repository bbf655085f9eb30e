/**
 * The architecture description: what a config.json comes to once it has been read and checked.
 * Everything that builds graphs, plans cuts or sizes caches works from this value alone.
 */

/** How a tensor's numbers are stored in the file and in its shard. */
export type StoredType = "F32" | "F16" | "BF16";

/** A decoder of one of the families; what varies between them is a flag. */
export interface Architecture {
  /** By its name in the table: `families/registry.ts`. */
  readonly family: string;
  readonly blocks: number; // L
  readonly hidden: number; // d
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly normEpsilon: number;
  /** Null where positions are learned. */
  readonly rope: Rope | null;
  readonly tiedEmbedding: boolean;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  /** How many positions each block attends to, its own among them; null for all. Left out where no block has a window. */
  readonly windows?: readonly (number | null)[];
  /** Whether each block turns queries and keys by their positions. Left out where all do. */
  readonly rotated?: readonly boolean[];
  /** Blocks that turn by frequencies of their own. Left out where all turn by `rope`. */
  readonly localRope?: { readonly rope: Rope; readonly blocks: readonly boolean[] };
  /** What a query times a key is multiplied by. Left out where it is 1 / √headSize. */
  readonly attentionScale?: number;
}

/** Rotary position embedding: base frequency and how it is stretched. */
export interface Rope {
  readonly theta: number;
  readonly scaling:
    | { readonly kind: "none" }
    | { readonly kind: "linear"; readonly factor: number }
    | {
        readonly kind: "llama3";
        readonly factor: number;
        readonly lowFreqFactor: number;
        readonly highFreqFactor: number;
        readonly originalContext: number;
      }
    | {
        readonly kind: "yarn";
        readonly factor: number;
        readonly originalContext: number;
        /** Turns over the original context above which a frequency is kept, and below which it is stretched. */
        readonly fastTurns: number;
        readonly slowTurns: number;
        /** Whether the range between them ends at whole pairs. */
        readonly wholePairs: boolean;
        /** What cosines and sines are multiplied by. */
        readonly attentionFactor: number;
      };
}

/** What one tier runs: embedding?, blocks [from, to), head? */
export interface Segment {
  readonly embedding: boolean;
  readonly from: number;
  readonly to: number;
  readonly head: boolean;
  /** The head reads through the trained exit behind so many blocks, in place of the final norm. */
  readonly exit?: number;
}

export const wholeModel = (architecture: Architecture): Segment => ({
  embedding: true,
  from: 0,
  to: architecture.blocks,
  head: true,
});
