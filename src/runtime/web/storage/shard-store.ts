/**
 * The tab's shard store: fetched once, kept, checked against their hash on arrival and every time
 * they leave storage. A shard that fails its check is dropped and fetched again, so neither a
 * broken download nor a decaying disk is ever computed with; and an entry that was cut short is
 * where the next visit goes on. Storage that is full or busy is no reason to fail: the shard is
 * then used unkept, and the report says so.
 */
import type { Shard } from "#core/model/manifest.ts";
import { Failed, type Failure } from "#core/run/failure.ts";
import type { DownloadPlan } from "#core/run/worker-api.ts";
import type { CancelSignal, ShardStore } from "#engine/ports.ts";
import { throwIfStopped } from "../host/abort.ts";
import { webDigest, type Digest } from "./digest.ts";
import { webFetch, type Fetch } from "./fetching.ts";
import { gate, webExclusive, type Exclusive } from "../model/exclusive.ts";
import { downloadShard, PATIENT, type RetryPolicy } from "./shard-download.ts";
import { allocate, StorageBusy, StorageFull, type ShardStorage, type ShardWriter } from "./shard-storage.ts";

export interface WebShardStore extends ShardStore {
  /** What a set of shards would still need from the network. */
  plan(shards: readonly Shard[]): Promise<DownloadPlan>;
  /** Why the last shard could not be kept, null when all was. */
  readonly refusal: Failure | null;
}

export interface StoreParts {
  readonly storage: ShardStorage;
  /** Where a shard is fetched from. */
  readonly locate: (shard: Shard) => string;
  readonly fetch?: Fetch;
  readonly digest?: Digest;
  readonly exclusive?: Exclusive;
  readonly retry?: RetryPolicy;
  /** Shards under way at once. */
  readonly concurrency?: number;
  /** Bytes still free, for the report. */
  readonly freeBytes?: () => Promise<number | null>;
}

type Progress = (doneBytes: number, fromCache: boolean) => void;

export function webShardStore(parts: StoreParts): WebShardStore {
  const { storage, locate } = parts;
  const digest = parts.digest ?? webDigest();
  const exclusive = parts.exclusive ?? webExclusive();
  const downloads = gate(parts.concurrency ?? 4);
  let refusal: Failure | null = null;

  const noteRefusal = async (thrown: unknown, shard: Shard): Promise<void> => {
    if (!(thrown instanceof StorageFull || thrown instanceof StorageBusy)) throw thrown;
    if (thrown instanceof StorageFull) {
      refusal = { code: "storage-full", neededBytes: shard.bytes, freeBytes: (await parts.freeBytes?.()) ?? null };
    }
  };

  /** The shard from storage; false when absent, short, busy, or corrupt and therefore dropped. */
  const fromStorage = async (shard: Shard, into: Uint8Array<ArrayBuffer>): Promise<boolean> => {
    try {
      if ((await storage.size(shard.sha256)) < shard.bytes) return false;
      const read = await storage.read(shard.sha256, into, shard.bytes);
      // Memory of this very worker was checked when it was filled.
      if (read && (storage.kind === "memory" || (await digest(into)) === shard.sha256)) return true;
      await storage.remove(shard.sha256);
      return false;
    } catch (thrown) {
      if (thrown instanceof StorageBusy) return false;
      throw thrown;
    }
  };

  /** Bytes of an earlier download, read into the buffer. */
  const partial = async (shard: Shard, into: Uint8Array<ArrayBuffer>): Promise<number> => {
    try {
      const held = await storage.size(shard.sha256);
      if (held > 0 && held < shard.bytes && (await storage.read(shard.sha256, into, held))) return held;
      if (held > 0) await storage.remove(shard.sha256);
    } catch (thrown) {
      await noteRefusal(thrown, shard);
    }
    return 0;
  };

  const fromNetwork = async (
    shard: Shard,
    into: Uint8Array<ArrayBuffer>,
    held: number,
    reload: boolean,
    onProgress: Progress,
    signal: CancelSignal | undefined,
  ): Promise<void> => {
    const keeper = keep(storage, shard, (thrown) => noteRefusal(thrown, shard));
    try {
      await downloadShard({
        url: locate(shard),
        // Kept here, the browser's own cache would be a second copy; kept nowhere, it is the only one.
        cache: reload ? "reload" : storage.kind === "memory" ? "default" : "no-store",
        into,
        held,
        fetch: parts.fetch ?? webFetch,
        retry: parts.retry ?? PATIENT,
        signal,
        onChunk: async (chunk, doneBytes) => {
          await keeper.write(chunk);
          onProgress(doneBytes, false);
        },
        onRestart: () => keeper.restart(),
      });
    } finally {
      await keeper.close();
    }
  };

  const fetched = async (
    shard: Shard,
    into: Uint8Array<ArrayBuffer>,
    onProgress: Progress,
    signal: CancelSignal | undefined,
  ): Promise<void> => {
    const held = await partial(shard, into);
    if (held > 0) onProgress(held, true);
    // A kept beginning that was wrong costs one whole download; a wrong whole one, one more past every cache.
    for (const [start, reload] of held > 0
      ? ([
          [held, false],
          [0, true],
        ] as const)
      : ([
          [0, false],
          [0, true],
        ] as const)) {
      await fromNetwork(shard, into, start, reload, onProgress, signal);
      if ((await digest(into)) === shard.sha256) return;
      await storage.remove(shard.sha256).catch((thrown: unknown) => noteRefusal(thrown, shard));
    }
    throw new Failed({ code: "shard-corrupt", sha256: shard.sha256, from: "network" });
  };

  const get = async (shard: Shard, onProgress: Progress, signal: CancelSignal | undefined): Promise<Uint8Array> => {
    throwIfStopped(signal);
    const into = allocate(shard.bytes, `shard ${shard.sha256.slice(0, 12)}`);
    if (await fromStorage(shard, into)) {
      onProgress(shard.bytes, true);
      return into;
    }
    await fetched(shard, into, onProgress, signal);
    return into;
  };

  return {
    get: (shard, onProgress, signal) =>
      downloads.pass(() => exclusive.run(shard.sha256, () => get(shard, onProgress, signal), signal)),
    holds: async (shard) => (await storage.size(shard.sha256)) >= shard.bytes,
    plan: async (shards) => {
      const sizes = new Map((await storage.list()).map((entry) => [entry.name, entry.bytes]));
      const neededBytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
      const missing = shards.filter((shard) => (sizes.get(shard.sha256) ?? 0) < shard.bytes);
      const heldBytes = shards.reduce((sum, shard) => sum + Math.min(shard.bytes, sizes.get(shard.sha256) ?? 0), 0);
      return { neededBytes, heldBytes, missingBytes: neededBytes - heldBytes, missingShards: missing.length };
    },
    get refusal() {
      return refusal;
    },
  };
}

/** Writes along while storage takes it; the first refusal ends the keeping, never the download. */
function keep(
  storage: ShardStorage,
  shard: Shard,
  refused: (thrown: unknown) => Promise<void>,
): { write(chunk: Uint8Array<ArrayBuffer>): Promise<void>; restart(): Promise<void>; close(): Promise<void> } {
  let writer: ShardWriter | null = null;
  let keeping = true;
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      keeping = false;
      await refused(thrown);
    }
  };
  const close = (): Promise<void> =>
    guarded(async () => {
      const open = writer;
      writer = null;
      await open?.close();
    });
  return {
    write: async (chunk) => {
      if (!keeping) return;
      await guarded(async () => {
        writer ??= await storage.append(shard.sha256);
        await writer.write(chunk);
      });
    },
    restart: async () => {
      await close();
      await guarded(() => storage.remove(shard.sha256));
    },
    close,
  };
}
