/**
 * Shards as a runtime reads them. What it cannot read in the type that is stored becomes float32, which holds float16,
 * bfloat16 and decoded blocks exactly; blocks that it can are packed for its kernels. Costs a copy at load; shards on
 * the wire and in storage stay as the file has them.
 */
import type { ModelManifest, Shard, ShardTensor } from "./manifest.ts";
import { isBlocks, type BlockType, type FloatType } from "./stored-type.ts";
import { storedFloats } from "./stored-numbers.ts";

/** What a runtime reads. */
export interface Reads {
  /** Stored floats that it casts to float32 itself. */
  readonly casts: readonly FloatType[];
  /** How it reads matrices in blocks; left out where it reads none. */
  readonly blocks?: BlockPacking;
}

export interface BlockPacking {
  /** Of a packed matrix of this shape; null where this type becomes float32. */
  packedBytes(type: BlockType, shape: readonly number[]): number | null;
  packBlocks(type: BlockType, shape: readonly number[], stored: Uint8Array): Uint8Array;
}

/** The manifest with every shard laid out as `widenBytes` lays out its bytes. Hashes stay those of the shards as stored. */
export function widenManifest(manifest: ModelManifest, reads: Reads): ModelManifest {
  const widen = (shard: Shard): Shard => widenShard(shard, reads);
  const exits = manifest.exits?.map(({ depth, shard }) => ({ depth, shard: widen(shard) }));
  return {
    ...manifest,
    embedding: widen(manifest.embedding),
    blocks: manifest.blocks.map(widen),
    norm: widen(manifest.norm),
    head: manifest.head === null ? null : widen(manifest.head),
    ...(exits === undefined ? {} : { exits }),
  };
}

/** The bytes of a shard of the original manifest, laid out for the widened one. */
export function widenBytes(original: Shard, bytes: Uint8Array, reads: Reads): Uint8Array {
  const widened = widenShard(original, reads);
  if (widened === original) return bytes;
  const result = new Uint8Array(widened.bytes);
  original.tensors.forEach((tensor, i) => {
    const stored = bytes.subarray(tensor.offset, tensor.offset + tensor.bytes);
    result.set(widenTensor(tensor, stored, reads), widened.tensors[i]?.offset ?? 0);
  });
  return result;
}

function widenTensor(tensor: ShardTensor, stored: Uint8Array, reads: Reads): Uint8Array {
  const { type, shape } = tensor;
  if (heldBytes(tensor, reads) === null) return new Uint8Array(storedFloats(type, stored).buffer);
  return isBlocks(type) && reads.blocks !== undefined ? reads.blocks.packBlocks(type, shape, stored) : stored;
}

/** Null for what becomes float32. */
function heldBytes({ type, shape, bytes }: ShardTensor, { casts, blocks }: Reads): number | null {
  if (isBlocks(type)) return blocks?.packedBytes(type, shape) ?? null;
  return casts.includes(type) ? bytes : null;
}

function widenShard(shard: Shard, reads: Reads): Shard {
  if (shard.tensors.every((tensor) => !isBlocks(tensor.type) && heldBytes(tensor, reads) !== null)) return shard;
  let end = 0;
  const tensors = shard.tensors.map((tensor) => {
    const bytes = heldBytes(tensor, reads);
    const wide =
      bytes === null
        ? { ...tensor, type: "F32" as const, bytes: 4 * tensor.shape.reduce((product, size) => product * size, 1) }
        : { ...tensor, bytes };
    const offset = Math.ceil(end / 64) * 64;
    end = offset + wide.bytes;
    return { ...wide, offset };
  });
  return { ...shard, bytes: end, tensors };
}
