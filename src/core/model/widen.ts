/**
 * Shards for a runtime that cannot cast one of their stored types: the same tensors in float32,
 * which holds float16 and bfloat16 exactly. Costs a copy at load; shards on the wire and in
 * storage stay as the file has them.
 */
import type { StoredType } from "./architecture.ts";
import type { ModelManifest, Shard } from "./manifest.ts";
import { storedNumbers } from "./stored-numbers.ts";

/** The manifest with every shard laid out as `widenBytes` lays out its bytes. Hashes stay those of the shards as stored. */
export function widenManifest(manifest: ModelManifest, casts: readonly StoredType[]): ModelManifest {
  const widen = (shard: Shard): Shard => widenShard(shard, casts);
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
export function widenBytes(original: Shard, bytes: Uint8Array, casts: readonly StoredType[]): Uint8Array {
  const widened = widenShard(original, casts);
  if (widened === original) return bytes;
  const result = new Uint8Array(widened.bytes);
  original.tensors.forEach((tensor, i) => {
    const stored = bytes.subarray(tensor.offset, tensor.offset + tensor.bytes);
    const values = casts.includes(tensor.type)
      ? stored
      : new Uint8Array(Float32Array.from(storedNumbers(tensor.type, stored)).buffer);
    result.set(values, widened.tensors[i]?.offset ?? 0);
  });
  return result;
}

function widenShard(shard: Shard, casts: readonly StoredType[]): Shard {
  if (shard.tensors.every(({ type }) => casts.includes(type))) return shard;
  let end = 0;
  const tensors = shard.tensors.map((tensor) => {
    const wide = casts.includes(tensor.type)
      ? tensor
      : { ...tensor, type: "F32" as const, bytes: 4 * tensor.shape.reduce((product, size) => product * size, 1) };
    const offset = Math.ceil(end / 64) * 64;
    end = offset + wide.bytes;
    return { ...wide, offset };
  });
  return { ...shard, bytes: end, tensors };
}
