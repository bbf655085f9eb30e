/**
 * What a run had to fetch before it could start, counted while it happens: every shard once, its
 * bytes by where they came from, and progress over all that the run is known to need.
 */
import type { Shard } from "#core/model/manifest.ts";
import type { Downloads } from "#core/run/record.ts";
import type { Phase, RunEvent } from "#core/run/worker-api.ts";
import type { CancelSignal, Clock, ShardStore } from "../ports.ts";

export class Loading {
  /** What shards are being fetched for: the run's segments, or its check. */
  phase: Phase = "shards";
  readonly #clock: Clock;
  readonly #onEvent: (event: RunEvent) => void;
  readonly #signal: CancelSignal;
  readonly #expected = new Map<string, number>();
  readonly #done = new Map<string, { bytes: number; fromCache: boolean }>();
  #elapsedMs = 0;
  #underWay = 0;
  #sinceMs = 0;

  constructor(clock: Clock, onEvent: (event: RunEvent) => void, signal: CancelSignal) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#signal = signal;
  }

  /** What progress is measured against; shards asked for beyond it join it. */
  expect(shards: readonly Shard[]): void {
    for (const { sha256, bytes } of shards) this.#expected.set(sha256, bytes);
  }

  async read(shard: Shard, store: ShardStore): Promise<Uint8Array> {
    this.expect([shard]);
    if (this.#underWay++ === 0) this.#sinceMs = this.#clock.now();
    try {
      const bytes = await store.get(
        shard,
        (doneBytes, fromCache) => this.#progress(shard, doneBytes, fromCache),
        this.#signal,
      );
      this.#progress(shard, shard.bytes, this.#done.get(shard.sha256)?.fromCache ?? false);
      return bytes;
    } finally {
      if (--this.#underWay === 0) this.#elapsedMs += this.#clock.now() - this.#sinceMs;
    }
  }

  downloads(): Downloads {
    const all = [...this.#done.values()];
    const sum = (fromCache: boolean): number =>
      all.reduce((bytes, each) => bytes + (each.fromCache === fromCache ? each.bytes : 0), 0);
    return { shards: all.length, bytes: sum(false), fromCacheBytes: sum(true), elapsedMs: this.#elapsedMs };
  }

  #progress({ sha256 }: Shard, bytes: number, fromCache: boolean): void {
    this.#done.set(sha256, { bytes, fromCache });
    const done = [...this.#done.values()].reduce((sum, each) => sum + each.bytes, 0);
    const total = [...this.#expected.values()].reduce((sum, each) => sum + each, 0);
    this.#onEvent({ kind: "progress", phase: this.phase, done, total, unit: "bytes", fromCache });
  }
}
