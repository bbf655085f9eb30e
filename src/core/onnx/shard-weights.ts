/** A manifest's shards as the weights of a graph: each tensor is external data of the shard that holds it. */
import { familyOf } from "../model/families/registry.ts";
import { exitAt, type ModelManifest, type Shard } from "../model/manifest.ts";
import type { TensorMap } from "../model/tensors.ts";
import type { Weight } from "./graph.ts";
import type { Weights } from "./layers.ts";
import type { SegmentWeights } from "./segment-graph.ts";

export function weightsOfShards(manifest: ModelManifest): SegmentWeights {
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
      return { norm: weightAt(shard, 0), projection: weightAt(shard, 1) };
    },
  };
}

/** Roles of a part that the architecture lacks, or of a shard that is not there, are null. */
function inShard(specs: TensorMap | null, shard: Shard | null): Weights {
  return (role) => {
    const name = specs?.get(role)?.name;
    if (name === undefined || shard === null) return null;
    return weightAt(
      shard,
      shard.tensors.findIndex((tensor) => tensor.name === name),
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

function weightAt(shard: Shard, index: number): Weight {
  const tensor = shard.tensors[index];
  if (tensor === undefined)
    throw new Error(`shard ${shard.sha256} lacks a tensor that its manifest's architecture has`);
  return {
    kind: "weight",
    name: tensor.name,
    type: tensor.type,
    shape: tensor.shape,
    location: shard.sha256,
    offset: tensor.offset,
    bytes: tensor.bytes,
  };
}
