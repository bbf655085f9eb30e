/** Against a local server that behaves like the Hub: descriptions, redirects to a store, ranges, gates. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failed } from "#core/run/failure.ts";
import { hubFolder, isHubAddress } from "./hub.ts";
import { openModelFolder } from "./model-folder.ts";

const HOUSE = new URL("../../../../public/models/concierge-1m/", import.meta.url).pathname;
const GGUF = new URL("gguf-golden/", import.meta.url);
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

let server: Server;
let endpoint: string;
let cache: string;
let asked: { path: string; range: string | undefined }[];
/** What the Hub does wrong next. */
let fault: "none" | "break-off" | "corrupt";

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "cutlayer-hub-"));
  asked = [];
  fault = "none";
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://hub");
    asked.push({ path: pathname, range: request.headers.range });
    void answer(pathname, request.headers, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(cache, { recursive: true });
});

async function answer(path: string, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
  const end = (status: number, body: string | Buffer = "", more: Record<string, string> = {}): void =>
    void response.writeHead(status, more).end(body);
  if (path.startsWith("/api/models/acme/gated") && headers.authorization !== "Bearer secret") return end(401);
  const described = await siblingsOf(path);
  if (described !== null) return end(200, JSON.stringify({ sha: COMMIT, siblings: described }));
  const file = /^\/acme\/(?:tiny|gated|parts|quants)\/resolve\/[0-9a-f]{40}\/([\w.]+)$/.exec(path)?.[1];
  if (file !== undefined) return end(302, "", { location: `${endpoint}/store/${file}` });
  const stored = /^\/store\/([\w.]+)$/.exec(path)?.[1];
  if (stored === undefined) return end(404);
  const bytes = await readFile(stored.endsWith(".gguf") ? new URL(stored, GGUF) : join(HOUSE, stored));
  if (fault === "corrupt" && stored.endsWith(".safetensors")) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, { "content-length": bytes.length - from });
  if (fault === "break-off" && stored.endsWith(".safetensors")) {
    response.write(bytes.subarray(from, from + 100_000), () => response.destroy());
    return;
  }
  response.end(bytes.subarray(from));
}

/** What the Hub lists of the repository that a path asks about. */
async function siblingsOf(path: string): Promise<unknown[] | null> {
  if (/^\/api\/models\/acme\/(tiny|gated)\/revision\/main$/.test(path)) return siblings();
  if (path.startsWith("/api/models/acme/parts")) return PARTS;
  return path.startsWith("/api/models/acme/quants") ? QUANTS.map((rfilename) => ({ rfilename })) : null;
}

const QUANTS = ["gpt2.gguf", "qwen3.gguf"];

/** Weights in parts, so that every file of weights is wanted, among them some that lie in no folder of ours. */
const PARTS = ["config.json", "original/part.safetensors", "../../stray.safetensors"].map((rfilename) => ({
  rfilename,
  size: 5,
}));

async function siblings(): Promise<unknown[]> {
  const names = await readdir(HOUSE);
  return Promise.all(
    names.map(async (rfilename) => {
      const bytes = await readFile(join(HOUSE, rfilename));
      const lfs = rfilename.endsWith(".safetensors")
        ? { lfs: { sha256: createHash("sha256").update(bytes).digest("hex") } }
        : {};
      return { rfilename, size: bytes.length, ...lfs };
    }),
  ).then((files) => [...files, { rfilename: "onnx/model.onnx", size: 5 }, { rfilename: "pytorch_model.bin", size: 5 }]);
}

const fetchFolder = (address = "hf:acme/tiny", token: string | null = null) =>
  hubFolder(address, { endpoint, token, cache, fetch, onProgress: () => undefined });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Failed ? thrown.failure : thrown),
  );
const storeRequests = () => asked.filter(({ path }) => path === "/store/model.safetensors");

test("a model of the Hub opens like any folder, under its own name, and only what is read is fetched", async () => {
  const opened = await openModelFolder(await fetchFolder());
  expect(opened).toMatchObject({ ok: true, value: { manifest: { name: "tiny", parameters: 1_262_720 } } });
  expect(asked.some(({ path }) => /onnx|pytorch/.test(path))).toBe(false);
});

test("of files in other folders than the model's own none is asked for", async () => {
  await fetchFolder("hf:acme/parts");
  expect(asked.some(({ path }) => path.includes("config.json"))).toBe(true);
  expect(asked.some(({ path }) => /original|stray/.test(path))).toBe(false);
});

test("the second time only the description is asked for; without a network not even that is needed", async () => {
  const folder = await fetchFolder();
  asked = [];
  expect(await fetchFolder()).toBe(folder);
  expect(asked).toHaveLength(1);
  expect(
    await hubFolder("hf:acme/tiny", {
      endpoint: "http://127.0.0.1:1",
      token: null,
      cache,
      fetch,
      onProgress: () => undefined,
    }),
  ).toBe(folder);
});

test("a download that breaks off is resumed where it broke", async () => {
  fault = "break-off";
  expect(await failureOf(fetchFolder())).toMatchObject({ code: "download-failed", status: null });
  fault = "none";
  await openModelFolder(await fetchFolder());
  expect(storeRequests().map(({ range }) => range)).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
});

test("weights that are not what the Hub says are dropped, and fetched again the next time", async () => {
  fault = "corrupt";
  expect(await failureOf(fetchFolder())).toMatchObject({ code: "shard-corrupt" });
  fault = "none";
  expect(await openModelFolder(await fetchFolder())).toMatchObject({ ok: true });
});

test("a gated model asks for a token, an unknown one is not found, no Hub at all is unreachable", async () => {
  expect(await failureOf(fetchFolder("hf:acme/gated"))).toMatchObject({ code: "access-denied" });
  expect(await fetchFolder("hf:acme/gated", "secret")).toContain("gated");
  expect(await failureOf(fetchFolder("hf:acme/nothing"))).toMatchObject({ code: "download-failed", status: 404 });
  expect(
    await failureOf(
      hubFolder("hf:acme/tiny", {
        endpoint: "http://127.0.0.1:1",
        token: null,
        cache,
        fetch,
        onProgress: () => undefined,
      }),
    ),
  ).toMatchObject({ code: "download-failed", status: null });
});

test("a leftover of another make is not taken for a part", async () => {
  const part = join(cache, "acme", COMMIT, "tiny", "model.safetensors.part");
  await fetchFolder();
  await rm(part.replace(".part", ""));
  await writeFile(part, "not the beginning of it");
  expect(await failureOf(fetchFolder())).toMatchObject({ code: "shard-corrupt" });
  expect(await openModelFolder(await fetchFolder())).toMatchObject({ ok: true });
});

test("addresses", () => {
  expect(["hf:a/b", "hf:a/b@v1.0", "hf:HuggingFaceTB/SmolLM2-135M"].every(isHubAddress)).toBe(true);
  expect(["a/b", "hf:a", "hf:../b/c", "/models/x"].some(isHubAddress)).toBe(false);
});

test("of several GGUF files the one that the address names is fetched, and without a name none", async () => {
  const address = "hf:acme/quants/gpt2.gguf";
  expect(isHubAddress(address)).toBe(true);
  const options = { endpoint, cache, token: null, fetch, onProgress: () => {} };
  const path = await hubFolder(address, options);
  expect(await openModelFolder(path)).toMatchObject({ ok: true, value: { manifest: { name: "gpt2" } } });
  expect(asked.filter(({ path: each }) => each.endsWith(".gguf") && each.startsWith("/store/"))).toHaveLength(1);
  await expect(hubFolder("hf:acme/quants", options)).rejects.toMatchObject({
    failure: { what: "choice of GGUF files", advice: expect.stringContaining("/gpt2.gguf") as string },
  });
  await expect(hubFolder("hf:acme/quants/other.gguf", options)).rejects.toMatchObject({ failure: { status: 404 } });
});
