/**
 * A checkpoint of three parts from a server that behaves like the Hub, through the server as it is shipped, to
 * a tab's store of shards: what each asks for is the bytes of its blocks, by the log of whoever is asked.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request as ask, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { shardsOf, type ModelManifest } from "#core/model/manifest.ts";
import { hubServer, type HubServer } from "#node/testing/hub-server.ts";
import { safetensorsOf, TINY_CONFIG, tinyTensors } from "#node/testing/tiny-folder.ts";
import { workerExclusive } from "#web/model/exclusive.ts";
import { modelOrigin } from "#web/model/model-source.ts";
import { memoryStorage } from "#web/storage/memory-storage.ts";
import { buildEdge } from "./testing/build-edge.ts";
import { startProcess, type EdgeProcess } from "./testing/edge-process.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PARTS = [1, 2, 3].map((part) => `model-0000${part}-of-00003.safetensors`);

let built: string;
let hub: HubServer;
let cache: string;
let edge: EdgeProcess | null;

beforeAll(async () => {
  built = await buildEdge();
}, 60_000);
afterAll(() => rm(built, { recursive: true }));

beforeEach(async () => {
  edge = null;
  cache = await mkdtemp(join(tmpdir(), "cutlayer-hub-"));
  hub = await hubServer();
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  hub.repositories.set("acme/parts", { commit: COMMIT, files: inThreeParts() });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  edge?.child.kill("SIGKILL");
  await hub.close();
  await rm(cache, { recursive: true });
});

function inThreeParts(): Map<string, Buffer> {
  const tensors = tinyTensors("F32");
  const ofPart = (part: number): Uint8Array =>
    safetensorsOf(
      "F32",
      tensors.filter((_, i) => i % 3 === part),
    );
  const files = new Map(PARTS.map((name, part) => [name, Buffer.from(ofPart(part))]));
  const weight_map = Object.fromEntries(tensors.map(({ name }, i) => [name, PARTS[i % 3]]));
  files.set("config.json", Buffer.from(JSON.stringify(TINY_CONFIG)));
  files.set("model.safetensors.index.json", Buffer.from(JSON.stringify({ weight_map })));
  files.set("tokenizer.json", Buffer.from(JSON.stringify(TOKENIZER)));
  files.set("consolidated.safetensors", Buffer.from("the same weights again"));
  return files;
}

const TOKENIZER = {
  model: { type: "BPE", vocab: { a: 0, b: 1 }, merges: [] },
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
};

const start = (): Promise<EdgeProcess> => startProcess(built, "--model", "hf:acme/parts", "--hub-folder", cache);

/** In front of the edge server, with a log of paths and bytes that it gave. */
async function logging(
  target: string,
): Promise<{ readonly server: Server; readonly log: Map<string, number>; readonly url: string }> {
  const log = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    ask(new URL(path, target), { headers: { ...request.headers, host: new URL(target).host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on("data", (chunk: Buffer) => log.set(path, (log.get(path) ?? 0) + chunk.length));
      answer.pipe(response);
    }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, log, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test("the edge asks the Hub for every byte of the parts once, and the tab the edge for its own blocks alone", async () => {
  edge = await start();
  for (const part of PARTS) {
    const bytes = hub.repositories.get("acme/parts")?.files.get(part)?.length ?? -1;
    expect(hub.ranges(part)).toEqual([[0, bytes]]);
  }
  expect(hub.ranges("consolidated.safetensors")).toEqual([]);

  const { server, log, url } = await logging(edge.url);
  const origin = modelOrigin({ base: url, storage: memoryStorage(), exclusive: workerExclusive() });
  const { manifest, shards } = await origin.open("parts");
  const own = (manifest: ModelManifest, cut: number) =>
    shardsOf(manifest, { embedding: true, from: 0, to: cut, head: false });
  for (const shard of own(manifest, 2)) await shards.get(shard, () => undefined);
  const shardsIn = (): Map<string, number> => new Map([...log].filter(([path]) => path.startsWith("/shards/")));
  const expected = new Map(own(manifest, 2).map(({ sha256, bytes }) => [`/shards/${sha256}`, bytes]));
  expect(shardsIn()).toEqual(expected);
  // One block later, one block more.
  for (const shard of own(manifest, 3)) await shards.get(shard, () => undefined);
  const third = manifest.blocks[2] ?? expect.fail("a model of four blocks");
  expect(shardsIn()).toEqual(new Map([...expected, [`/shards/${third.sha256}`, third.bytes]]));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("killed in the middle of a download it asks for the rest alone, and without a Hub it starts from its disk", async () => {
  const [first = ""] = PARTS;
  hub.mishap = ({ path, at }) => (at === "store" && path.endsWith(first) ? { kind: "stall", after: 30_000 } : null);
  const words = ["--port", "0", "--model", "hf:acme/parts", "--hub-folder", cache];
  const child = spawn(process.execPath, [join(built, "main.js"), ...words]);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdout.on("data", (chunk: Buffer) => {
    if (chunk.toString().includes(`${first} `) && !chunk.toString().includes(" 0%"))
      setTimeout(() => child.kill("SIGKILL"), 200);
  });
  await ended;
  hub.mishap = () => null;
  hub.log.length = 0;
  edge = await start();
  const bytes = hub.repositories.get("acme/parts")?.files.get(first)?.length ?? -1;
  expect(hub.ranges(first)).toEqual([[30_000, bytes]]);

  edge.child.kill("SIGKILL");
  vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:1");
  edge = await start();
  expect(await (await fetch(`${edge.url}/models/index.json`)).json()).toMatchObject([{ name: "parts" }]);
}, 60_000);
