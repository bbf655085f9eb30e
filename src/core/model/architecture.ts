/**
 * The architecture description: what a config.json comes to once it has been read and checked.
 * Everything that builds graphs, plans cuts or sizes caches works from this value alone.
 */

import {
  atLeast,
  flag,
  list,
  nullable,
  number,
  object,
  optional,
  oneOf,
  text,
  variants,
  whole,
  type Value,
} from "../schema/schema.ts";

/** Rotary position embedding: base frequency and how it is stretched. */
const rope = object({
  theta: atLeast(0),
  scaling: variants(
    "kind",
    object({ kind: oneOf("none") }),
    object({ kind: oneOf("linear"), factor: number }),
    /** Each pair's frequency is divided by its own. */
    object({ kind: oneOf("factors"), factors: list(number) }),
    object({
      kind: oneOf("llama3"),
      factor: number,
      lowFreqFactor: number,
      highFreqFactor: number,
      originalContext: whole(1),
    }),
    object({
      kind: oneOf("yarn"),
      factor: number,
      originalContext: whole(1),
      /** Turns over the original context above which a frequency is kept, and below which it is stretched. */
      fastTurns: number,
      slowTurns: number,
      /** Whether the range between them ends at whole pairs. */
      wholePairs: flag,
      /** What cosines and sines are multiplied by. */
      attentionFactor: number,
    }),
  ),
});
export type Rope = Value<typeof rope>;

/** A decoder of one of the families; what varies between them is a flag. */
export const ARCHITECTURE = {
  /** By its name in the table: `families/registry.ts`. */
  family: text,
  blocks: whole(1, 1024), // L
  hidden: whole(1), // d
  heads: whole(1),
  kvHeads: whole(1),
  headSize: whole(1),
  intermediate: whole(1),
  vocabulary: whole(1),
  context: whole(1),
  normEpsilon: atLeast(0),
  /** Null where positions are learned. */
  rope: nullable(rope),
  tiedEmbedding: flag,
  attentionBias: flag,
  mlpBias: flag,
  /** How many positions each block attends to, its own among them; null for all. Left out where no block has a window. */
  windows: optional(list(nullable(whole(1)))),
  /** Whether each block turns queries and keys by their positions. Left out where all do. */
  rotated: optional(list(flag)),
  /** Blocks that turn by frequencies of their own. Left out where all turn by `rope`. */
  localRope: optional(object({ rope, blocks: list(flag) })),
  /** What a query times a key is multiplied by. Left out where it is 1 / √headSize. */
  attentionScale: optional(atLeast(0)),
};
const architecture = object(ARCHITECTURE);
export type Architecture = Value<typeof architecture>;

/** What one tier runs: embedding?, blocks [from, to), head? */
export const bareSegment = object({ embedding: flag, from: whole(0), to: whole(0), head: flag });

export interface Segment extends Value<typeof bareSegment> {
  /** The head reads through the trained exit behind so many blocks, in place of the final norm. */
  readonly exit?: number;
}

export const wholeModel = (architecture: Architecture): Segment => ({
  embedding: true,
  from: 0,
  to: architecture.blocks,
  head: true,
});
