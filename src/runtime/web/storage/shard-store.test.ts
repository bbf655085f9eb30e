/**
 * The store against a server that misbehaves in every way a network does, over each kind of
 * storage: what is kept must always be either the shard or a true beginning of it.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Shard } from "#core/model/manifest.ts";
import { Failed } from "#core/run/failure.ts";
import { cacheStorage } from "./cache-storage.ts";
import { nativeSha256, portableSha256 } from "./digest.ts";
import type { Fetch } from "./fetching.ts";
import { workerExclusive } from "../model/exclusive.ts";
import { memoryStorage } from "./memory-storage.ts";
import { opfsStorage } from "./opfs-storage.ts";
import { StorageFull, type ShardStorage } from "./shard-storage.ts";
import { WebShardStore, type StoreParts } from "./shard-store.ts";
import { fakeCaches, fakeOpfs } from "./storage-fakes.test.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const content = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const shard: Shard = { sha256: sha256(content), bytes: content.length, tensors: [] };
const retry = { attempts: 3, firstPauseMs: 1, stallMs: 50 };

/** What the next request meets: how many bytes pass before it breaks, stalls or lies. */
interface Weather {
  readonly status?: number;
  readonly passBytes?: number;
  readonly after?: "break" | "stall" | "end";
  readonly body?: Uint8Array;
  readonly ignoreRange?: boolean;
  readonly offline?: boolean;
}

interface Server {
  readonly fetch: Fetch;
  readonly ranges: (string | null)[];
  sentBytes: number;
}

function server(weathers: readonly Weather[], body: Uint8Array = content): Server {
  const ranges: (string | null)[] = [];
  const state: Server = {
    ranges,
    sentBytes: 0,
    fetch: async (_url, init) => {
      const weather = weathers[ranges.length] ?? {};
      const range = new Headers(init?.headers).get("range");
      ranges.push(range);
      if (weather.offline === true) throw new TypeError("Failed to fetch");
      if (weather.status !== undefined) return new Response(null, { status: weather.status });
      const from = range === null || weather.ignoreRange === true ? 0 : Number(/bytes=(\d+)-/.exec(range)?.[1]);
      const rest = (weather.body ?? body).slice(from, from + (weather.passBytes ?? Infinity));
      let at = 0;
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          if (init?.signal?.aborted === true) return controller.error(new DOMException("aborted", "AbortError"));
          if (at < rest.length) {
            const chunk = rest.slice(at, at + 1000);
            at += chunk.length;
            state.sentBytes += chunk.length;
            return controller.enqueue(chunk);
          }
          if (weather.after === "stall") {
            return new Promise((_resolve, reject) =>
              init?.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError"))),
            );
          }
          return weather.after === "break" ? controller.error(new TypeError("network error")) : controller.close();
        },
      });
      const headers =
        from > 0 ? { "content-range": `bytes ${String(from)}-${String(body.length - 1)}/${String(body.length)}` } : {};
      return new Response(stream, { status: from > 0 ? 206 : 200, headers });
    },
  };
  return state;
}

const storages: Record<string, () => Promise<ShardStorage>> = {
  memory: async () => memoryStorage(),
  cache: () => cacheStorage(fakeCaches()),
  opfs: () => opfsStorage(fakeOpfs()),
};

const storeOf = (storage: ShardStorage, from: Server, more: Partial<StoreParts> = {}) =>
  new WebShardStore({
    storage,
    locate: (s) => `https://edge.test/shards/${s.sha256}`,
    fetch: from.fetch,
    digest: nativeSha256(globalThis.crypto.subtle),
    exclusive: workerExclusive(),
    retry,
    ...more,
  });

const ignore = (): void => {};
const failureOfGet = async (get: Promise<unknown>): Promise<unknown> => {
  const thrown: unknown = await get.then(
    () => null,
    (error: unknown) => error,
  );
  return thrown instanceof Failed ? thrown.failure : thrown;
};

describe.each(Object.entries(storages))("a shard store over %s", (kind, open) => {
  it("fetches once and then reads what it kept", async () => {
    const storage = await open();
    const net = server([]);
    const store = storeOf(storage, net);
    expect(await store.holds(shard)).toBe(false);
    expect(await store.get(shard, ignore)).toEqual(content);
    expect(await store.holds(shard)).toBe(true);
    const seen: [number, boolean][] = [];
    expect(await store.get(shard, (...progress) => seen.push(progress))).toEqual(content);
    expect(net.ranges).toEqual([null]);
    expect(seen).toEqual([[content.length, true]]);
  });

  it("goes on where a broken download stopped", async () => {
    const net = server([{ passBytes: 3000, after: "break" }, { passBytes: 2000, after: "end" }, {}]);
    expect(await storeOf(await open(), net).get(shard, ignore)).toEqual(content);
    expect(net.ranges).toEqual([null, "bytes=3000-", "bytes=5000-"]);
    expect(net.sentBytes).toBe(content.length);
  });

  it("treats a stalled response as broken", async () => {
    const net = server([{ passBytes: 4000, after: "stall" }]);
    expect(await storeOf(await open(), net).get(shard, ignore)).toEqual(content);
    expect(net.ranges).toEqual([null, "bytes=4000-"]);
  });

  it("gives up on a dead network, and the next visit resumes", async () => {
    const storage = await open();
    const offline = { offline: true };
    const failure = await failureOfGet(
      storeOf(storage, server([{ passBytes: 6000, after: "break" }, offline, offline, offline])).get(shard, ignore),
    );
    expect(failure).toMatchObject({ code: "download-failed", status: null });
    expect(await storeOf(storage, server([])).holds(shard)).toBe(false);
    const later = server([]);
    expect(await storeOf(storage, later).get(shard, ignore)).toEqual(content);
    expect(later.ranges).toEqual(["bytes=6000-"]);
  });

  it("is cancelled between chunks, and the next call resumes", async () => {
    const storage = await open();
    const stop = new AbortController();
    const first = storeOf(storage, server([])).get(
      shard,
      (doneBytes) => doneBytes >= 3000 && stop.abort(),
      stop.signal,
    );
    expect(await failureOfGet(first)).toEqual({ code: "stopped" });
    const later = server([]);
    expect(await storeOf(storage, later).get(shard, ignore)).toEqual(content);
    expect(later.sentBytes).toBeLessThan(content.length);
  });

  it("starts again when the server ignores the range", async () => {
    const net = server([{ passBytes: 3000, after: "break" }, { ignoreRange: true }]);
    const storage = await open();
    expect(await storeOf(storage, net).get(shard, ignore)).toEqual(content);
    expect(await storeOf(storage, server([{ offline: true }])).get(shard, ignore)).toEqual(content);
  });

  it("does not keep what fails its hash, and says who lied", async () => {
    const storage = await open();
    const wrong = content.slice();
    wrong[4321] = 0;
    wrong[4322] = 1;
    const net = server([], wrong);
    expect(await failureOfGet(storeOf(storage, net).get(shard, ignore))).toEqual({
      code: "shard-corrupt",
      sha256: shard.sha256,
      from: "network",
    });
    expect(await storage.list()).toEqual([]);
    expect(await storeOf(storage, server([])).get(shard, ignore)).toEqual(content);
  });

  it("replaces a kept beginning that was wrong", async () => {
    const storage = await open();
    const writer = await storage.append(shard.sha256);
    await writer.write(new Uint8Array(2500));
    await writer.close();
    const net = server([]);
    expect(await storeOf(storage, net).get(shard, ignore)).toEqual(content);
    expect(net.ranges).toEqual(["bytes=2500-", null]);
  });

  it.skipIf(kind === "memory")("notices corruption in storage, drops it and fetches again", async () => {
    const storage = await open();
    const wrong = content.slice();
    wrong[17] = (wrong[17] ?? 0) ^ 1;
    const writer = await storage.append(shard.sha256);
    await writer.write(wrong);
    await writer.close();
    const net = server([]);
    expect(await storeOf(storage, net).get(shard, ignore)).toEqual(content);
    expect(net.ranges).toEqual([null]);
    expect(await storeOf(storage, server([{ offline: true }])).get(shard, ignore)).toEqual(content);
  });

  it("refuses a response longer than the shard", async () => {
    const longer = new Uint8Array([...content, 1]);
    expect(await failureOfGet(storeOf(await open(), server([], longer)).get(shard, ignore))).toMatchObject({
      code: "download-failed",
    });
  });

  it("does not retry what will not change", async () => {
    const net = server([{ status: 404 }]);
    expect(await failureOfGet(storeOf(await open(), net).get(shard, ignore))).toMatchObject({
      code: "download-failed",
      status: 404,
    });
    expect(net.ranges.length).toBe(1);
  });

  it("retries a busy server", async () => {
    const net = server([{ status: 503 }, { status: 429 }]);
    expect(await storeOf(await open(), net).get(shard, ignore)).toEqual(content);
    expect(net.ranges.length).toBe(3);
  });

  it("fetches once for two tabs that want the same shard", async () => {
    const storage = await open();
    const exclusive = workerExclusive();
    const net = server([]);
    const tabs = [storeOf(storage, net, { exclusive }), storeOf(storage, net, { exclusive })];
    const both = await Promise.all(tabs.map((tab) => tab.get(shard, ignore)));
    expect(both).toEqual([content, content]);
    expect(net.ranges).toEqual([null]);
  });

  it("plans a download from what is held, partial shards included", async () => {
    const storage = await open();
    const other: Shard = { sha256: "0".repeat(64), bytes: 500, tensors: [] };
    const stop = new AbortController();
    const store = storeOf(storage, server([]));
    await failureOfGet(store.get(shard, (doneBytes) => doneBytes >= 3000 && stop.abort(), stop.signal));
    const held = (await storage.list())[0]?.bytes ?? 0;
    expect(held).toBeGreaterThan(0);
    expect(await store.plan([shard, other])).toEqual({
      neededBytes: 10_500,
      heldBytes: held,
      missingBytes: 10_500 - held,
      missingShards: 2,
    });
  });

  it("keeps the promise under any weather", async () => {
    const weather = fc.record({
      passBytes: fc.nat(content.length),
      after: fc.constantFrom("break" as const, "end" as const),
      ignoreRange: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(weather, { maxLength: 6 }), async (weathers) => {
        const storage = await open();
        const failure = await failureOfGet(
          storeOf(storage, server(weathers), { retry: { ...retry, firstPauseMs: 0 } }).get(shard, ignore),
        );
        for (const entry of await storage.list()) {
          const kept = new Uint8Array(entry.bytes);
          expect(await storage.read(entry.name, kept, entry.bytes)).toBe(true);
          expect(kept).toEqual(content.slice(0, entry.bytes));
        }
        const offline = failureOfGet(
          storeOf(storage, server([{ offline: true }, { offline: true }, { offline: true }]), {
            retry: { ...retry, firstPauseMs: 0 },
          }).get(shard, ignore),
        );
        expect((await offline) === null).toBe(failure === null);
      }),
      { numRuns: 25 },
    );
  });
});

describe("a full storage", () => {
  it("hands the shard over unkept and reports why", async () => {
    const roomy = memoryStorage();
    const full: ShardStorage = {
      ...roomy,
      append: async (name) => {
        const writer = await roomy.append(name);
        let written = 0;
        return {
          write: async (chunk) => {
            if (written + chunk.length > 4000) throw new StorageFull();
            written += chunk.length;
            await writer.write(chunk);
          },
          close: () => writer.close(),
        };
      },
    };
    const store = storeOf(full, server([]), { freeBytes: async () => 7 });
    expect(store.refusal).toBeNull();
    expect(await store.get(shard, ignore)).toEqual(content);
    expect(store.refusal).toEqual({ code: "storage-full", neededBytes: shard.bytes, freeBytes: 7 });
    const later = server([]);
    expect(await storeOf(roomy, later).get(shard, ignore)).toEqual(content);
    expect(later.ranges).toEqual(["bytes=4000-"]);
  });
});

describe("a digest", () => {
  it("is the same native and portable", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (values) => {
        const bytes = new Uint8Array(values);
        expect(await portableSha256(bytes)).toBe(sha256(bytes));
        expect(await nativeSha256(globalThis.crypto.subtle)(bytes)).toBe(sha256(bytes));
      }),
      { numRuns: 30 },
    );
    const large = new Uint8Array(2_500_000).map((_, i) => i & 255);
    expect(await portableSha256(large)).toBe(sha256(large));
  });
});
