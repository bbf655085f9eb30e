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

/** One shard on its way: the buffer it comes into, and who is told. */
interface Fetching {
  readonly shard: Shard;
  readonly into: Uint8Array<ArrayBuffer>;
  readonly onProgress: Progress;
  readonly signal: CancelSignal | undefined;
}

export class WebShardStore implements ShardStore {
  /** Why the last shard could not be kept, null when all was. */
  refusal: Failure | null = null;
  readonly #parts: StoreParts;
  readonly #storage: ShardStorage;
  readonly #digest: Digest;
  readonly #exclusive: Exclusive;
  readonly #downloads: ReturnType<typeof gate>;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#storage = parts.storage;
    this.#digest = parts.digest ?? webDigest();
    this.#exclusive = parts.exclusive ?? webExclusive();
    this.#downloads = gate(parts.concurrency ?? 4);
  }

  get(shard: Shard, onProgress: Progress, signal?: CancelSignal): Promise<Uint8Array> {
    const fetched = (): Promise<Uint8Array> => this.#get(shard, onProgress, signal);
    return this.#downloads.pass(() => this.#exclusive.run(shard.sha256, fetched, signal));
  }

  async holds(shard: Shard): Promise<boolean> {
    return (await this.#storage.size(shard.sha256)) >= shard.bytes;
  }

  /** What a set of shards would still need from the network. */
  async plan(shards: readonly Shard[]): Promise<DownloadPlan> {
    const sizes = new Map((await this.#storage.list()).map((entry) => [entry.name, entry.bytes]));
    const heldOf = (shard: Shard): number => Math.min(shard.bytes, sizes.get(shard.sha256) ?? 0);
    const neededBytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
    const heldBytes = shards.reduce((sum, shard) => sum + heldOf(shard), 0);
    const missingShards = shards.filter((shard) => heldOf(shard) < shard.bytes).length;
    return { neededBytes, heldBytes, missingBytes: neededBytes - heldBytes, missingShards };
  }

  async #get(shard: Shard, onProgress: Progress, signal: CancelSignal | undefined): Promise<Uint8Array> {
    throwIfStopped(signal);
    const into = allocate(shard.bytes, `shard ${shard.sha256.slice(0, 12)}`);
    if (await this.#fromStorage(shard, into)) onProgress(shard.bytes, true);
    else await this.#fetched({ shard, into, onProgress, signal });
    return into;
  }

  /** The shard from storage; false when absent, short, busy, or corrupt and therefore dropped. */
  async #fromStorage(shard: Shard, into: Uint8Array<ArrayBuffer>): Promise<boolean> {
    try {
      if (!(await this.holds(shard))) return false;
      const read = await this.#storage.read(shard.sha256, into, shard.bytes);
      // Memory of this very worker was checked when it was filled.
      if (read && (this.#storage.kind === "memory" || (await this.#digest(into)) === shard.sha256)) return true;
      await this.#storage.remove(shard.sha256);
      return false;
    } catch (thrown) {
      if (thrown instanceof StorageBusy) return false;
      throw thrown;
    }
  }

  async #fetched(fetching: Fetching): Promise<void> {
    const { shard, into, onProgress } = fetching;
    const held = await this.#partial(shard, into);
    if (held > 0) onProgress(held, true);
    // A kept beginning that was wrong costs one whole download; a wrong whole one, one more past every cache.
    const attempts = [
      { from: held, reload: false },
      { from: 0, reload: true },
    ];
    for (const { from, reload } of attempts) {
      await this.#fromNetwork(fetching, from, reload);
      if ((await this.#digest(into)) === shard.sha256) return;
      await this.#storage.remove(shard.sha256).catch((thrown: unknown) => this.#noteRefusal(thrown, shard));
    }
    throw new Failed({ code: "shard-corrupt", sha256: shard.sha256, from: "network" });
  }

  /** Bytes of an earlier download, read into the buffer. */
  async #partial(shard: Shard, into: Uint8Array<ArrayBuffer>): Promise<number> {
    try {
      const held = await this.#storage.size(shard.sha256);
      if (held > 0 && held < shard.bytes && (await this.#storage.read(shard.sha256, into, held))) return held;
      if (held > 0) await this.#storage.remove(shard.sha256);
    } catch (thrown) {
      await this.#noteRefusal(thrown, shard);
    }
    return 0;
  }

  async #fromNetwork({ shard, into, onProgress, signal }: Fetching, held: number, reload: boolean): Promise<void> {
    const keeper = keep(this.#storage, shard, (thrown) => this.#noteRefusal(thrown, shard));
    try {
      await downloadShard({
        url: this.#parts.locate(shard),
        cache: this.#cacheMode(reload),
        into,
        held,
        fetch: this.#parts.fetch ?? webFetch,
        retry: this.#parts.retry ?? PATIENT,
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
  }

  /** Kept here, the browser's own cache would be a second copy; kept nowhere, it is the only one. */
  #cacheMode(reload: boolean): RequestCache {
    if (reload) return "reload";
    return this.#storage.kind === "memory" ? "default" : "no-store";
  }

  async #noteRefusal(thrown: unknown, shard: Shard): Promise<void> {
    if (!(thrown instanceof StorageFull || thrown instanceof StorageBusy)) throw thrown;
    if (thrown instanceof StorageBusy) return;
    const freeBytes = (await this.#parts.freeBytes?.()) ?? null;
    this.refusal = { code: "storage-full", neededBytes: shard.bytes, freeBytes };
  }
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
