/** What a model host holds when opening a segment fails half way: nothing, and nothing that fails the next. */
import { expect, test } from "vitest";
import { Cancellation } from "../cancellation.ts";
import { createModelHost, type CompilingHost } from "./model-host.ts";
import type { Grain, KvCache, KvShape, PagedKv, Program, Runtime } from "../ports.ts";
import { tinyModel } from "../testing/tiny-model.ts";
import { wholeModel } from "#core/model/architecture.ts";
import { everyShard } from "#core/model/manifest.ts";
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

function stand(grain: Grain = "block", attention?: () => null): Stand {
  const made: Omit<Stand, "host"> = { openKv: new Set(), programs: 0, room: Infinity, readable: Promise.resolve() };
  const allocate = (shape: KvShape, capacity: number): PagedKv => {
    if (made.openKv.size >= made.room)
      throw new Failed({ code: "out-of-memory", tier: "device", what: "a cache", bytes: null });
    const kv: PagedKv = {
      shape,
      capacity,
      bytes: 1,
      reserve: () => undefined,
      read: () => Promise.reject(new Error("not read here")),
      write: () => Promise.resolve(),
      close: () => void made.openKv.delete(kv),
    };
    made.openKv.add(kv);
    return kv;
  };
  const runtime: Runtime = {
    description: { runtime: "test", backend: "cpu", adapter: null, software: false, threads: 1 },
    grain,
    cacheStyle: "in-place",
    casts: ["F32", "F16", "BF16"],
    compile: async (): Promise<Program> => {
      made.programs++;
      return { run: () => Promise.reject(new Error("not run here")), close: async () => void made.programs-- };
    },
    allocateKv: (shape, capacity) => allocate(shape, capacity),
    attention:
      attention ??
      (({ kvHeads, headSize }) => ({
        allocate: (blocks, capacity) => allocate({ blocks, kvHeads, headSize }, capacity),
        pages: 0,
        attend: () => Promise.resolve(new Float32Array(0)),
        close: () => Promise.resolve(),
      })),
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

test("in pieces every cut runs on the same programs, with a cache of its own blocks", async () => {
  const made = stand("piece");
  const { blocks } = manifest.architecture;
  const segments = [
    { embedding: true, from: 0, to: 1, head: false },
    { embedding: false, from: 1, to: blocks, head: true },
    { embedding: false, from: blocks, to: blocks, head: true },
  ];
  const sessions = [await made.host.open(WHOLE, OPTIONS)];
  const parameters = everyShard(manifest).flatMap(({ tensors }) => tensors.map(({ shape }) => size(shape)));
  const tied = size([manifest.architecture.vocabulary, manifest.architecture.hidden]); // to look up, and to multiply by
  expect(made.host.memory().weightBytes).toBe(4 * (parameters.reduce((a, b) => a + b) + tied));
  expect(sessions[0]?.memory().weightBytes).toBe(made.host.memory().weightBytes);
  sessions.push(...(await Promise.all(segments.map((segment) => made.host.open(segment, OPTIONS)))));
  expect(made.programs).toBe(blocks + 1 + 1); // every piece, and half of that in which a segment ends
  expect([...made.openKv].map(({ shape }) => shape.blocks).toSorted((x, y) => y - x)).toEqual([blocks, blocks - 1, 1]);
  expect(sessions.every(({ batches }) => batches)).toBe(true);
  for (const session of sessions) await session.close();
  await made.host.trim();
  expect([made.openKv.size, made.programs, made.host.memory().weightBytes]).toEqual([0, 0, 0]);
});

test("a session without caches runs on the same programs there, and has no cache between its steps", async () => {
  const made = stand("piece");
  const cached = await made.host.open(WHOLE, OPTIONS);
  const { programs, openKv } = made;
  const [kept] = [openKv.size];
  const stateless = await made.host.open(WHOLE, { ...OPTIONS, kvCache: false });
  expect([stateless.batches, made.programs, openKv.size]).toEqual([true, programs, kept]);
  expect(stateless.memory().kvBytes).toBe(0);
  await stateless.close();
  await cached.close();
  expect(openKv.size).toBe(0);
});

test("where attention cannot be put outside, segments are compiled and steps go alone", async () => {
  const made = stand("piece", () => null);
  const session = await made.host.open(WHOLE, OPTIONS);
  expect([session.batches, made.programs]).toEqual([false, 1]);
  await session.close();
});

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
