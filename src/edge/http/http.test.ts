import { createServer, request as rawRequest } from "node:http";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WIRE_VERSION } from "#wire/messages.ts";
import { FAKE_MANIFEST } from "../testing/fake-model.ts";
import { testEdge, type TestEdge } from "../testing/harness.ts";
import { certificateFor } from "../certificate.ts";
import { acceptsGzip, sendContent } from "./content.ts";
import { Exchange } from "./exchange.ts";
import { originPolicy } from "./origins.ts";

let edge: TestEdge;
beforeAll(async () => {
  edge = await testEdge({ allowedOrigins: ["https://lab.example"] });
});
afterAll(() => edge.server.close());

/** Without fetch, which tidies paths before it sends them. */
const raw = (path: string, headers: Record<string, string> = {}): Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const request = rawRequest({ host: "127.0.0.1", port: edge.server.port, path, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on("error", reject);
    request.end();
  });

describe("the page", () => {
  test("comes isolated, typed and cached as its name allows", async () => {
    const page = await fetch(`${edge.url}/`);
    expect(await page.text()).toContain("<title>page</title>");
    expect(Object.fromEntries(page.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    const script = await fetch(`${edge.url}/assets/app-abcd1234.js`);
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    await script.arrayBuffer();
    const again = await fetch(`${edge.url}/`, { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect((await fetch(`${edge.url}/`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${edge.url}/nothing`)).status).toBe(404);
  });

  test("no path leads out of its folder", async () => {
    for (const path of ["/../outside.txt", "/..%2foutside.txt", "/%2e%2e/outside.txt", "/assets/../../outside.txt", "//etc/passwd", "/%00", "/%", "/..\\outside.txt", "/models/../index.html", "/models/fake/../../x", "/models/fake/%2e%2e%2fconfig.json", `/shards/..%2f..%2fpackage.json`]) {
      const { status, body } = await raw(path);
      expect(`${path} ${status}`).toBe(`${path} 404`);
      expect(body).not.toContain("outside");
    }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("..", ".", "%2e%2e", "%2f", "assets", "models", "fake", "shards", "outside.txt", "etc", "passwd", "", "%5c", "~"), { maxLength: 8 }), async (parts) => {
        const { status, body } = await raw(`/${parts.join("/")}`);
        expect([200, 404]).toContain(status);
        expect(body).not.toContain("outside");
      }),
      { numRuns: 100 },
    );
  });
});

describe("models", () => {
  test("are listed and described under the names of a static host", async () => {
    expect(await (await fetch(`${edge.url}/models/index.json`)).json()).toEqual([{ name: "fake", manifest: "models/fake/manifest.json" }]);
    expect(await (await fetch(`${edge.url}/models/fake/manifest.json`)).json()).toEqual(FAKE_MANIFEST);
    expect((await fetch(`${edge.url}/models/fake/tokenizer.json`)).headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect((await fetch(`${edge.url}/models/fake/model.safetensors`)).status).toBe(404);
    expect((await fetch(`${edge.url}/models/fake/ground.json`)).status).toBe(404);
    expect((await fetch(`${edge.url}/models/other/manifest.json`)).status).toBe(404);
  });

  test("shards come whole or in ranges, for good", async () => {
    const shard = `${edge.url}/shards/${"a".repeat(64)}`;
    const whole = await fetch(shard);
    expect([...new Uint8Array(await whole.arrayBuffer())]).toEqual([7, 7, 7, 7, 7, 7, 7, 7]);
    expect(whole.headers.get("cache-control")).toContain("immutable");
    const range = async (value: string, more: Record<string, string> = {}) => {
      const answer = await fetch(shard, { headers: { range: value, ...more } });
      return [answer.status, answer.headers.get("content-range"), (await answer.arrayBuffer()).byteLength];
    };
    expect(await range("bytes=2-5")).toEqual([206, "bytes 2-5/8", 4]);
    expect(await range("bytes=6-")).toEqual([206, "bytes 6-7/8", 2]);
    expect(await range("bytes=-3")).toEqual([206, "bytes 5-7/8", 3]);
    expect(await range("bytes=2-99")).toEqual([206, "bytes 2-7/8", 6]);
    expect(await range("bytes=8-")).toEqual([416, "bytes */8", 0]);
    expect(await range("bytes=5-2")).toEqual([200, null, 8]);
    expect(await range("bytes=2-5", { "if-range": '"other"' })).toEqual([200, null, 8]);
    expect((await fetch(`${edge.url}/shards/${"9".repeat(64)}`)).status).toBe(404);
    const head = await fetch(shard, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("8");
  });
});

describe("origins", () => {
  test("an allowed one may read, another may not, our own needs nothing", async () => {
    const from = async (origin: string, path = "/models/index.json") => Object.fromEntries((await fetch(`${edge.url}${path}`, { headers: { origin } })).headers);
    expect(await from("https://lab.example")).toMatchObject({ "access-control-allow-origin": "https://lab.example", "cross-origin-resource-policy": "cross-origin" });
    expect(await from("https://evil.example")).not.toHaveProperty("access-control-allow-origin");
    expect(await from(edge.url)).not.toHaveProperty("access-control-allow-origin");
    const asked = await fetch(`${edge.url}/v1/models`, { method: "OPTIONS", headers: { origin: "https://lab.example", "access-control-request-private-network": "true" } });
    expect(Object.fromEntries(asked.headers)).toMatchObject({ "access-control-allow-methods": "GET, HEAD, POST", "access-control-allow-private-network": "true" });
    const evil = await fetch(`${edge.url}/v1/models`, { method: "OPTIONS", headers: { origin: "https://evil.example" } });
    expect(Object.fromEntries(evil.headers)).not.toHaveProperty("access-control-allow-methods");
  });

  test("are told apart by host and port", () => {
    const policy = originPolicy(["https://lab.example"]);
    const kind = (origin: string | undefined, host: string) => policy({ origin, host }).kind;
    expect(kind(undefined, "edge:8080")).toBe("none");
    expect(kind("http://edge:8080", "edge:8080")).toBe("same");
    expect(kind("http://EDGE:8080", "edge:8080")).toBe("same");
    expect(kind("http://edge:8081", "edge:8080")).toBe("refused");
    expect(kind("http://edge:8080.evil.example", "edge:8080")).toBe("refused");
    expect(kind("null", "null")).toBe("refused");
    expect(kind("https://lab.example.evil", "edge:8080")).toBe("refused");
    expect(originPolicy(["*"])({ origin: "null", host: "x" }).kind).toBe("allowed");
  });
});

test("gzip is offered where it is accepted", () => {
  expect(["gzip", "br, gzip;q=0.5", "*"].map(acceptsGzip)).toEqual([true, true, true]);
  expect(["", "br", "gzip;q=0", "gzip;q=0.0"].map(acceptsGzip)).toEqual([false, false, false, false]);
});

test("a peer on another machine gets what is worth it compressed; this one does not", async () => {
  const text = "the same again and again ".repeat(400);
  const content = { size: text.length, read: () => Promise.resolve(Buffer.from(text)), type: "text/javascript", tag: "t1", immutable: false };
  const serve = (remote: string) =>
    createServer((request, response) => {
      Object.defineProperty(request.socket, "remoteAddress", { value: remote });
      void sendContent(new Exchange(request, response, { kind: "none" }), content);
    });
  for (const [remote, encoding] of [["192.0.2.7", "gzip"], ["127.0.0.1", null], ["::ffff:127.0.0.1", null]] as const) {
    const server = serve(remote);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const answer = await fetch(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
    expect(answer.headers.get("content-encoding")).toBe(encoding);
    expect(await answer.text()).toBe(text);
    server.close();
    server.closeAllConnections();
  }
});

test("a request that throws is answered and counted, and the server goes on", async () => {
  const broken = await testEdge({ models: [{ folder: { path: "x", manifest: FAKE_MANIFEST, readShard: () => Promise.reject(new Error("planted")), file: () => Promise.reject(new Error("planted")) }, tokenizer: () => Promise.reject(new Error("planted")) }] });
  try {
    expect((await fetch(`${broken.url}/shards/${"a".repeat(64)}`)).status).toBe(500);
    expect((await fetch(`${broken.url}/models/fake/config.json`)).status).toBe(500);
    expect((await fetch(`${broken.url}/v1/completions`, { method: "POST", body: JSON.stringify({ model: "fake", prompt: "a" }) })).status).toBe(500);
    expect(await (await fetch(`${broken.url}/metrics`)).text()).toContain('cutlayer_faults_total{where="http"} 2');
  } finally {
    await broken.server.close();
  }
});

describe("status", () => {
  test("health, metrics and info", async () => {
    expect(await (await fetch(`${edge.url}/healthz`)).json()).toEqual({ status: "ok", models: ["fake"] });
    expect(await (await fetch(`${edge.url}/info.json`)).json()).toMatchObject({ wire: WIRE_VERSION, urls: [`${edge.url}/`], models: ["fake"], limits: { sessions: 8 } });
    const metrics = await (await fetch(`${edge.url}/metrics`)).text();
    for (const name of ["cutlayer_sessions 0", "cutlayer_queue_depth 0", "cutlayer_queue_seconds_bucket", "cutlayer_compute_seconds", "cutlayer_tokens_total", "cutlayer_bytes_total", "cutlayer_refusals_total", "process_resident_memory_bytes"]) {
      expect(metrics).toContain(name);
    }
  });
});

test("https with a certificate made for this machine, kept for the next start", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cutlayer-certificate-"));
  const certificate = await certificateFor({ kind: "self-signed" }, folder);
  expect(await certificateFor({ kind: "self-signed" }, folder)).toEqual(certificate);
  const secure = await testEdge({ certificate });
  try {
    expect(secure.server.urls[0]).toMatch(/^https:/);
    const { request } = await import("node:https");
    const status = await new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port: secure.server.port, path: "/healthz", ca: certificate?.cert, servername: "localhost" }, (response) => resolve(response.statusCode)).on("error", reject).end();
    });
    expect(status).toBe(200);
  } finally {
    await secure.server.close();
  }
});
