/** A manifest's shards as the weights of a graph: each tensor is external data of the shard that holds it. */
import { blockTensors, type BlockRole } from "../model/llama-tensors.ts";
import { exitAt, type ModelManifest, type Shard } from "../model/manifest.ts";
import type { Weight } from "./graph.ts";
import type { SegmentWeights } from "./llama-graph.ts";

export function weightsOfShards(manifest: ModelManifest): SegmentWeights {
  const { architecture } = manifest;
  return {
    embedding: weightIn(manifest.embedding, 0),
    norm: weightIn(manifest.norm, 0),
    head: weightIn(manifest.head ?? manifest.embedding, 0),
    exit(depth: number) {
      const shard = exitAt(manifest, depth);
      return { norm: weightIn(shard, 0), projection: weightIn(shard, 1) };
    },
    block(index: number, role: BlockRole): Weight | null {
      const name = blockTensors(architecture, index).get(role)?.name;
      const shard = manifest.blocks[index];
      if (name === undefined || shard === undefined) return null;
      return weightIn(
        shard,
        shard.tensors.findIndex((tensor) => tensor.name === name),
      );
    },
  };
}

function weightIn(shard: Shard, index: number): Weight {
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
