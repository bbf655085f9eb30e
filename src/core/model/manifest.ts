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
  /** Hash of everything above: the model's revision. */
  readonly revision: string;
}

/** The shards a segment needs, in the order of the blocks. */
export function shardsOf(manifest: ModelManifest, segment: Segment): readonly Shard[] {
  const ends = segment.head ? [manifest.norm, manifest.head ?? manifest.embedding] : [];
  const all = [...(segment.embedding ? [manifest.embedding] : []), ...manifest.blocks.slice(segment.from, segment.to), ...ends];
  return [...new Map(all.map((shard) => [shard.sha256, shard])).values()];
}
