/**
 * Shards for this visit only: what is left where a page may not store anything (plain http on a
 * LAN, a locked-down browser). Moving the cut still fetches only the difference.
 */
import type { ShardStorage } from "./shard-storage.ts";

export function memoryStorage(): ShardStorage {
  const chunksOf = new Map<string, Uint8Array[]>();
  const size = (name: string): number => (chunksOf.get(name) ?? []).reduce((sum, chunk) => sum + chunk.length, 0);
  return {
    kind: "memory",
    size: async (name) => size(name),
    read: async (name, into, bytes) => {
      if (size(name) < bytes) return false;
      let at = 0;
      for (const chunk of chunksOf.get(name) ?? []) {
        const part = chunk.subarray(0, bytes - at);
        into.set(part, at);
        at += part.length;
      }
      return true;
    },
    append: async (name) => {
      const chunks = chunksOf.get(name) ?? [];
      chunksOf.set(name, chunks);
      return { write: async (chunk) => void chunks.push(chunk.slice()), close: async () => {} };
    },
    remove: async (name) => void chunksOf.delete(name),
    list: async () => [...chunksOf.keys()].map((name) => ({ name, bytes: size(name) })),
  };
}
