/**
 * The shards of a segment, several at a time, with one running total: what the progress bar shows.
 * The bytes are handed on once, so that they are never in memory twice for long.
 */
import type { Shard } from "#core/model/manifest.ts";
import type { Downloads } from "#core/run/record.ts";
import type { CancelSignal, Clock, ShardStore } from "#engine/ports.ts";
import { linkedAbort } from "./abort.ts";

export interface LoadingProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Nothing came over the network so far. */
  readonly fromCache: boolean;
}

export interface LoadedShards {
  /** The bytes of a shard, the first time it is asked for. */
  take(shard: Shard): Uint8Array | null;
  readonly downloads: Downloads;
}

function throwFirst(failure: { readonly thrown: unknown } | null): void {
  if (failure !== null) throw failure.thrown;
}

/** Throws the first failure, after the others were told to stop. */
export async function loadShards(store: ShardStore, shards: readonly Shard[], clock: Clock, onProgress: (progress: LoadingProgress) => void, signal?: CancelSignal): Promise<LoadedShards> {
  const startedMs = clock.now();
  const totalBytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const done = new Map<string, number>();
  const cached = new Map<string, number>();
  const sum = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((total, bytes) => total + bytes, 0);

  const abort = linkedAbort(signal);
  let firstFailure: { readonly thrown: unknown } | null = null;
  const loadOne = async (shard: Shard): Promise<readonly [string, Uint8Array]> => {
    const bytes = await store.get(
      shard,
      (doneBytes, fromCache) => {
        done.set(shard.sha256, doneBytes);
        if (fromCache) cached.set(shard.sha256, doneBytes);
        onProgress({ doneBytes: sum(done), totalBytes, fromCache: sum(cached) === sum(done) });
      },
      abort.signal,
    );
    return [shard.sha256, bytes];
  };
  const settled = await Promise.allSettled(
    shards.map((shard) =>
      loadOne(shard).catch((thrown: unknown) => {
        firstFailure ??= { thrown };
        abort.abort();
        throw thrown;
      }),
    ),
  );
  abort.release();
  throwFirst(firstFailure);
  const held = new Map(settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])));

  return {
    take: (shard) => {
      const bytes = held.get(shard.sha256) ?? null;
      held.delete(shard.sha256);
      return bytes;
    },
    downloads: { shards: shards.length, bytes: sum(done) - sum(cached), fromCacheBytes: sum(cached), elapsedMs: clock.now() - startedMs },
  };
}
