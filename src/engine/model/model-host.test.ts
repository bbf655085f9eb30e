/** What a model host holds when opening a segment fails half way: nothing, and nothing that fails the next. */
import { expect, test } from "vitest";
import { Cancellation } from "../cancellation.ts";
import { createModelHost, type CompilingHost } from "./model-host.ts";
import type { Grain, KvCache, Program, Runtime } from "../ports.ts";
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

function stand(grain: Grain = "block"): Stand {
  const made: Omit<Stand, "host"> = { openKv: new Set(), programs: 0, room: Infinity, readable: Promise.resolve() };
  const runtime: Runtime = {
    description: { runtime: "test", backend: "cpu", adapter: null, software: false, threads: 1 },
    grain,
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

test("where a graph holds the whole model, every cut runs on one program, with caches of its own blocks", async () => {
  const made = stand("model");
  const { blocks } = manifest.architecture;
  const segments = [
    WHOLE,
    { embedding: true, from: 0, to: 1, head: false },
    { embedding: false, from: 1, to: blocks, head: true },
  ];
  const sessions = await Promise.all(segments.map((segment) => made.host.open(segment, OPTIONS)));
  expect(made.programs).toBe(1);
  expect([...made.openKv].map(({ shape }) => [shape.first, shape.blocks])).toEqual([
    [0, blocks],
    [0, 1],
    [1, blocks - 1],
  ]);
  const { weightBytes } = made.host.memory();
  for (const session of sessions) await session.close();
  expect(made.host.memory().weightBytes).toBe(weightBytes);
  await made.host.trim();
  expect([made.openKv.size, made.programs, made.host.memory().weightBytes]).toEqual([0, 0, 0]);
});

test("a session without caches gets a graph of its own there, which is let go of when it is trimmed", async () => {
  const made = stand("model");
  const cached = await made.host.open(WHOLE, OPTIONS);
  const stateless = await made.host.open(WHOLE, { ...OPTIONS, kvCache: false });
  expect(made.programs).toBe(2);
  await stateless.close();
  await made.host.trim();
  expect(made.programs).toBe(1);
  await cached.close();
});
