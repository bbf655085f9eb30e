/**
 * A model as shards: the weights of one block (or the embedding, the final norm, the head) in the
 * file's own layout and precision, named by the SHA-256 of their bytes. A tier holds only the
 * shards of its own segment, each once; a tied embedding and head is one shard.
 */
import { list, sha256, nullable, object, oneOf, optional, ruled, text, whole, type Value } from "../schema/schema.ts";
import { ARCHITECTURE, type Segment } from "./architecture.ts";
import { storedType } from "./stored-type.ts";

const shardTensor = object({
  /** The tensor's name in the safetensors file. */
  name: text,
  type: storedType,
  shape: list(whole(0)),
  /** Where it lies in the shard. */
  offset: whole(0),
  bytes: whole(0),
});
export type ShardTensor = Value<typeof shardTensor>;

const shard = ruled(object({ sha256, bytes: whole(0), tensors: list(shardTensor) }), ({ bytes: held, tensors }) => {
  const past = tensors.find(({ offset, bytes }) => offset + bytes > held);
  return past === undefined
    ? null
    : { at: ["tensors"], found: past.name, expected: `inside the shard's ${held} bytes` };
});
export type Shard = Value<typeof shard>;

/** A trained early exit: a norm and a projection in front of the model's own head. */
const exit = object({
  /** Blocks in front of it. */
  depth: whole(1),
  shard,
});
export type ModelExit = Value<typeof exit>;

/** The keys of a manifest; `readManifest` holds them to each other. */
export const MANIFEST = {
  schema: oneOf(1),
  name: text,
  architecture: object(ARCHITECTURE),
  /** Ids that end a turn, from generation_config.json. */
  stopIds: list(whole(0)),
  parameters: whole(0),
  licence: nullable(text),
  embedding: shard,
  blocks: list(shard),
  /** The final norm. */
  norm: shard,
  /** Null when the head is tied to the embedding. */
  head: nullable(shard),
  /** The shallowest first; left out where the model's folder has none. */
  exits: optional(list(exit)),
  /** Hash of everything above: the model's revision. */
  revision: sha256,
};
const manifest = object(MANIFEST);
export type ModelManifest = Value<typeof manifest>;

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
