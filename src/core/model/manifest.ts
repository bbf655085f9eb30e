/**
 * A model as shards: the weights of one block (or the embedding, the final norm, the head) in the
 * file's own layout and precision, named by the SHA-256 of their bytes. A tier holds only the
 * shards of its own segment, each once; a tied embedding and head is one shard.
 */
import type { Architecture, Segment, StoredType } from "./architecture.ts";

export interface ShardTensor {
  /** The tensor's name in the safetensors file. */
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Where it lies in the shard. */
  readonly offset: number;
  readonly bytes: number;
}

export interface Shard {
  readonly sha256: string;
  readonly bytes: number;
  readonly tensors: readonly ShardTensor[];
}

/** A trained early exit: a norm and a projection in front of the model's own head. */
export interface ModelExit {
  /** Blocks in front of it. */
  readonly depth: number;
  readonly shard: Shard;
}

export interface ModelManifest {
  readonly schema: 1;
  readonly name: string;
  readonly architecture: Architecture;
  /** Ids that end a turn, from generation_config.json. */
  readonly stopIds: readonly number[];
  readonly parameters: number;
  readonly licence: string | null;
  readonly embedding: Shard;
  readonly blocks: readonly Shard[];
  /** The final norm. */
  readonly norm: Shard;
  /** Null when the head is tied to the embedding. */
  readonly head: Shard | null;
  /** The shallowest first; left out where the model's folder has none. */
  readonly exits?: readonly ModelExit[];
  /** Hash of everything above: the model's revision. */
  readonly revision: string;
}

/** The shards a segment needs, in the order of the blocks. */
export function shardsOf(manifest: ModelManifest, segment: Segment): readonly Shard[] {
  const ends = segment.head
    ? [segment.exit === undefined ? manifest.norm : exitAt(manifest, segment.exit), manifest.head ?? manifest.embedding]
    : [];
  const all = [
    ...(segment.embedding ? [manifest.embedding] : []),
    ...manifest.blocks.slice(segment.from, segment.to),
    ...ends,
  ];
  return distinct(all);
}

/** Everything there is of a model, its exits too: what a host of it serves. */
export function everyShard(manifest: ModelManifest): readonly Shard[] {
  const exits = (manifest.exits ?? []).map(({ shard }) => shard);
  return distinct([
    manifest.embedding,
    ...manifest.blocks,
    manifest.norm,
    ...(manifest.head === null ? [] : [manifest.head]),
    ...exits,
  ]);
}

/** The shard of the trained exit behind `depth` blocks, which the caller knows to be there. */
export function exitAt({ name, exits = [] }: ModelManifest, depth: number): Shard {
  const exit = exits.find((each) => each.depth === depth);
  if (exit === undefined) throw new Error(`${name} has no exit behind ${depth} blocks`);
  return exit.shard;
}

const distinct = (shards: readonly Shard[]): readonly Shard[] => [
  ...new Map(shards.map((shard) => [shard.sha256, shard])).values(),
];
