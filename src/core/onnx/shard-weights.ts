/** A manifest's shards, as a runtime reads them, as the weights of a graph: each tensor is external data of the shard that holds it. */
import { isBlocks, type BlockType } from "../model/stored-type.ts";
import { familyOf } from "../model/families/registry.ts";
import { exitAt, type ModelManifest, type Shard } from "../model/manifest.ts";
import type { TensorMap } from "../model/tensors.ts";
import type { BlockPacking } from "../model/widen.ts";
import type { Blocks, Weight } from "./graph.ts";
import type { Weights } from "./layers.ts";
import type { SegmentWeights } from "./segment-graph.ts";

/** How matrices in blocks are packed, and read where they lie packed at a weight's place. */
export interface BlockMatrices extends BlockPacking {
  blocksAt(type: BlockType, whole: Omit<Weight, "type">): Blocks;
}

/** `blocks` are the runtime's, by whom the manifest was widened; left out where it reads none. */
export function weightsOfShards(manifest: ModelManifest, blocks?: BlockMatrices): SegmentWeights {
  const inShard = (specs: TensorMap | null, shard: Shard | null): Weights => partOf(specs, shard, blocks);
  const { architecture } = manifest;
  const tensors = familyOf(architecture).tensors(architecture);
  return {
    ends: firstOf([
      inShard(tensors.embedding, manifest.embedding),
      inShard(tensors.norm, manifest.norm),
      inShard(tensors.head, manifest.head),
    ]),
    block: (index) => inShard(tensors.block(index), manifest.blocks[index] ?? null),
    exit(depth) {
      const shard = exitAt(manifest, depth);
      return { norm: weightAt(shard, 0, blocks), projection: weightAt(shard, 1, blocks) };
    },
  };
}

/** Roles of a part that the architecture lacks, or of a shard that is not there, are null. */
function partOf(specs: TensorMap | null, shard: Shard | null, blocks: BlockMatrices | undefined): Weights {
  return (role) => {
    const name = specs?.get(role)?.name;
    if (name === undefined || shard === null) return null;
    return weightAt(
      shard,
      shard.tensors.findIndex((tensor) => tensor.name === name),
      blocks,
    );
  };
}

const firstOf =
  (parts: readonly Weights[]): Weights =>
  (role) => {
    for (const part of parts) {
      const weight = part(role);
      if (weight !== null) return weight;
    }
    return null;
  };

function weightAt(shard: Shard, index: number, blocks: BlockMatrices | undefined): Weight {
  const tensor = shard.tensors[index];
  if (tensor === undefined)
    throw new Error(`shard ${shard.sha256} lacks a tensor that its manifest's architecture has`);
  const { name, type, shape, offset, bytes } = tensor;
  const whole = { kind: "weight", name, shape, location: shard.sha256, offset, bytes } as const;
  if (!isBlocks(type)) return { ...whole, type };
  if (blocks === undefined) throw new Error(`${name} is in blocks, which this runtime does not read`);
  return { ...whole, type: "U8", blocks: blocks.blocksAt(type, whole) };
}
