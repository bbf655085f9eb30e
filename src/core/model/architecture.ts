/**
 * The architecture description: what a config.json comes to once it has been read and checked.
 * Everything that builds graphs, plans cuts or sizes caches works from this value alone.
 */

import { atLeast, flag, number, object, oneOf, text, variants, whole, type Value } from "../schema/schema.ts";

/** How a tensor's numbers are stored in the file and in its shard. */
export const storedType = oneOf("F32", "F16", "BF16");
export type StoredType = Value<typeof storedType>;

/** Rotary position embedding: base frequency and how it is stretched. */
const rope = object({
  theta: atLeast(0),
  scaling: variants(
    "kind",
    object({ kind: oneOf("none") }),
    object({ kind: oneOf("linear"), factor: number }),
    object({
      kind: oneOf("llama3"),
      factor: number,
      lowFreqFactor: number,
      highFreqFactor: number,
      originalContext: whole(1),
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
  rope,
  tiedEmbedding: flag,
  attentionBias: flag,
  mlpBias: flag,
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
