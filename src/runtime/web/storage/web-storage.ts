/**
 * The best storage this tab has, and what lies in it. OPFS and the Cache API both hide on plain
 * http and may refuse in private windows: having the name is not having the use, so each is tried.
 */
import type { StorageReport } from "#core/run/worker-api.ts";
import { cacheStorage } from "./cache-storage.ts";
import type { Exclusive } from "../model/exclusive.ts";
import { memoryStorage } from "./memory-storage.ts";
import { opfsStorage } from "./opfs-storage.ts";
import type { ShardStorage } from "./shard-storage.ts";

export async function openStorage(): Promise<ShardStorage> {
  // Both are undefined on plain http, whatever their types say.
  const manager: StorageManager | undefined = globalThis.navigator.storage;
  const caches: CacheStorage | undefined = globalThis.caches;
  if (manager !== undefined) {
    const opfs = await opfsStorage(manager).catch(() => null);
    if (opfs !== null) return opfs;
  }
  if (caches !== undefined) {
    const cache = await cacheStorage(caches).catch(() => null);
    if (cache !== null) return cache;
  }
  return memoryStorage();
}

export interface StorageEstimate {
  readonly quotaBytes: number | null;
  readonly usedBytes: number | null;
}

export async function storageEstimate(): Promise<StorageEstimate> {
  const manager: StorageManager | undefined = globalThis.navigator.storage;
  const estimate = await manager?.estimate().catch(() => null);
  return { quotaBytes: estimate?.quota ?? null, usedBytes: estimate?.usage ?? null };
}

export async function freeBytes(): Promise<number | null> {
  const { quotaBytes, usedBytes } = await storageEstimate();
  return quotaBytes === null || usedBytes === null ? null : Math.max(0, quotaBytes - usedBytes);
}

export async function storageReport(storage: ShardStorage): Promise<StorageReport> {
  const entries = await storage.list();
  const { quotaBytes } = await storageEstimate();
  return {
    kind: storage.kind,
    bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
    shards: entries.length,
    quotaBytes,
  };
}

/** Drops every shard, each under its lock: one that another tab is fetching right now is waited for. */
export async function clearStorage(storage: ShardStorage, exclusive: Exclusive): Promise<void> {
  for (const { name } of await storage.list()) await exclusive.run(name, () => storage.remove(name));
}
