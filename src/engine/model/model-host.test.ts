/** What a model host holds when opening a segment fails half way: nothing, and nothing that fails the next. */
import { expect, test } from "vitest";
import { Cancellation } from "../cancellation.ts";
import { createModelHost, type CompilingHost } from "./model-host.ts";
import type { KvCache, Program, Runtime } from "../ports.ts";
import { tinyModel } from "../testing/tiny-model.ts";
import { wholeModel } from "#core/model/architecture.ts";
import { Failed } from "#core/run/failure.ts";

const { manifest } = tinyModel();
const WHOLE = wholeModel(manifest.architecture);
const OPTIONS = { capacity: 8, kvCache: true };

interface Stand {
  readonly host: CompilingHost;
  readonly openKv: Set<KvCache>;
  programs: number;
  /** How many caches there is memory for. */
  room: number;
  /** Shards but the first that is asked for are read only once this has resolved. */
  readable: Promise<void>;
}

function stand(): Stand {
  const made: Omit<Stand, "host"> = { openKv: new Set(), programs: 0, room: Infinity, readable: Promise.resolve() };
  const runtime: Runtime = {
    description: { runtime: "test", backend: "cpu", adapter: null, software: false, threads: 1 },
    grain: "block",
    cacheStyle: "in-place",
    casts: ["F32", "F16", "BF16"],
    compile: async (): Promise<Program> => {
      made.programs++;
      return { run: () => Promise.reject(new Error("not run here")), close: async () => void made.programs-- };
    },
    allocateKv: (shape, capacity) => {
      if (made.openKv.size >= made.room)
        throw new Failed({ code: "out-of-memory", tier: "device", what: "a cache", bytes: null });
      const kv: KvCache = {
        shape,
        capacity,
        bytes: 1,
        read: () => Promise.reject(new Error("not read here")),
        write: () => Promise.resolve(),
        close: () => void made.openKv.delete(kv),
      };
      made.openKv.add(kv);
      return kv;
    },
    close: () => Promise.resolve(),
  };
  let asked = 0;
  const host = createModelHost(runtime, manifest, async (shard) => {
    if (asked++ > 0) await made.readable;
    return new Uint8Array(shard.bytes);
  });
  return Object.assign(made, { host });
}

test("caches that were made before memory ran out are closed", async () => {
  const made = stand();
  made.room = 2;
  await expect(made.host.open(WHOLE, OPTIONS)).rejects.toMatchObject({ failure: { code: "out-of-memory" } });
  expect(made.openKv.size).toBe(0);
  made.room = Infinity;
  const session = await made.host.open(WHOLE, OPTIONS);
  expect(made.openKv.size).toBe(manifest.architecture.blocks);
  await session.close();
  await made.host.trim();
  expect([made.openKv.size, made.programs]).toEqual([0, 0]);
});

test("an opening that was stopped leaves nothing that the next one would be stopped with", async () => {
  const made = stand();
  let readable = (): void => undefined;
  made.readable = new Promise((resolve) => (readable = resolve));
  const stop = new Cancellation();
  const stopped = made.host.open(WHOLE, OPTIONS, stop).catch((thrown: unknown) => thrown);
  stop.abort();
  const next = stopped.then(() => made.host.open(WHOLE, OPTIONS)); // as soon as the first has given up
  setTimeout(readable);
  expect(await stopped).toMatchObject({ failure: { code: "stopped" } });
  await (await next).close();
  await made.host.trim();
  expect(made.host.openSessions).toBe(0);
});
