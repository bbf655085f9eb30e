import { EventEmitter } from "node:events";
import { createServer, request as rawRequest, type IncomingMessage } from "node:http";
import { mkdtemp } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WIRE_VERSION } from "#wire/messages.ts";
import { FAKE_MANIFEST } from "../testing/fake-model.ts";
import { testEdge, type TestEdge } from "../testing/harness.ts";
import { certificateFor } from "../certificate.ts";
import { acceptsGzip, sendContent } from "./content.ts";
import { HttpExchange } from "./exchange.ts";
import { hostPolicy, type HostRules } from "./hosts.ts";
import { originPolicy } from "./origins.ts";
import { peerName, peerPolicy } from "./peer.ts";

let edge: TestEdge;
beforeAll(async () => {
  edge = await testEdge({ allowedOrigins: ["https://lab.example"] });
});
afterAll(() => edge.server.close());

/** Without fetch, which tidies paths before it sends them. */
const raw = (
  path: string,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }> =>
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

/** Everything that comes back on one connection for these bytes, until it is closed. */
const exchanged = (text: string): Promise<string> =>
  new Promise((resolve) => {
    let answers = "";
    const socket = connect(edge.server.port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk) => (answers += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => resolve(answers));
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
      "content-security-policy": "frame-ancestors 'self'",
      "permissions-policy": expect.stringContaining("microphone=()"),
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
    for (const path of [
      "/../outside.txt",
      "/..%2foutside.txt",
      "/%2e%2e/outside.txt",
      "/assets/../../outside.txt",
      "//etc/passwd",
      "/%00",
      "/%",
      "/..\\outside.txt",
      "/models/../index.html",
      "/models/fake/../../x",
      "/models/fake/%2e%2e%2fconfig.json",
      `/shards/..%2f..%2fpackage.json`,
    ]) {
      const { status, body } = await raw(path);
      expect(`${path} ${status}`).toBe(`${path} 404`);
      expect(body).not.toContain("outside");
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom(
            "..",
            ".",
            "%2e%2e",
            "%2f",
            "assets",
            "models",
            "fake",
            "shards",
            "outside.txt",
            "etc",
            "passwd",
            "",
            "%5c",
            "~",
          ),
          { maxLength: 8 },
        ),
        async (parts) => {
          const { status, body } = await raw(`/${parts.join("/")}`);
          expect([200, 404]).toContain(status);
          expect(body).not.toContain("outside");
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("models", () => {
  test("are listed and described under the names of a static host", async () => {
    expect(await (await fetch(`${edge.url}/models/index.json`)).json()).toEqual([
      { name: "fake", manifest: "models/fake/manifest.json" },
    ]);
    expect(await (await fetch(`${edge.url}/models/fake/manifest.json`)).json()).toEqual(FAKE_MANIFEST);
    expect((await fetch(`${edge.url}/models/fake/tokenizer.json`)).headers.get("content-type")).toBe(
      "application/json; charset=utf-8",
    );
    expect((await fetch(`${edge.url}/models/fake/model.safetensors`)).status).toBe(404);
    expect((await fetch(`${edge.url}/models/fake/ground.json`)).status).toBe(404);
    expect((await fetch(`${edge.url}/models/other/manifest.json`)).status).toBe(404);
  });

  test("shards come whole or in ranges, for good", async () => {
    const shard = `${edge.url}/shards/${"a".repeat(64)}`;
    const whole = await fetch(shard);
    expect([...new Uint8Array(await whole.arrayBuffer())]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(whole.headers.get("cache-control")).toContain("immutable");
    const range = async (value: string, more: Record<string, string> = {}) => {
      const answer = await fetch(shard, { headers: { range: value, ...more } });
      return [answer.status, answer.headers.get("content-range"), (await answer.arrayBuffer()).byteLength];
    };
    expect([...new Uint8Array(await (await fetch(shard, { headers: { range: "bytes=2-5" } })).arrayBuffer())]).toEqual([
      2, 3, 4, 5,
    ]);
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
    const from = async (origin: string, path = "/models/index.json") =>
      Object.fromEntries((await fetch(`${edge.url}${path}`, { headers: { origin } })).headers);
    expect(await from("https://lab.example")).toMatchObject({
      "access-control-allow-origin": "https://lab.example",
      "cross-origin-resource-policy": "cross-origin",
    });
    expect(await from("https://evil.example")).not.toHaveProperty("access-control-allow-origin");
    expect(await from(edge.url)).not.toHaveProperty("access-control-allow-origin");
    const asked = await fetch(`${edge.url}/v1/models`, {
      method: "OPTIONS",
      headers: { origin: "https://lab.example", "access-control-request-private-network": "true" },
    });
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      "access-control-allow-methods": "GET, HEAD, POST",
      "access-control-allow-private-network": "true",
    });
    const evil = await fetch(`${edge.url}/v1/models`, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    });
    expect(Object.fromEntries(evil.headers)).not.toHaveProperty("access-control-allow-methods");
  });

  test("of a name that was pointed at this machine are refused, with the flag that lets them in", async () => {
    for (const path of ["/", "/info.json", "/metrics", "/status.json", "/v1/models", "/models/index.json"]) {
      const { status, body, headers } = await raw(path, {
        host: "evil.example:8080",
        origin: "http://evil.example:8080",
      });
      expect(`${path} ${status}`).toBe(`${path} 421`);
      expect(body).toContain("--allow-host evil.example ");
      expect(body).toContain("access-denied");
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
    expect((await raw("/", { host: "localhost:9000" })).status).toBe(200);
    const named = await testEdge({ allowedHosts: ["lab.example"] });
    try {
      const status = await new Promise((resolve, reject) => {
        rawRequest(
          { host: "127.0.0.1", port: named.server.port, path: "/healthz", headers: { host: "lab.example" } },
          (response) => resolve(response.resume().statusCode),
        )
          .on("error", reject)
          .end();
      });
      expect(status).toBe(200);
    } finally {
      await named.server.close();
    }
  });

  test("are told apart by host and port", () => {
    const policy = originPolicy(["https://lab.example"], "http");
    const kind = (origin: string | undefined, host: string) => policy({ origin, host }).kind;
    expect(kind(undefined, "edge:8080")).toBe("none");
    expect(kind("http://edge:8080", "edge:8080")).toBe("same");
    expect(kind("http://EDGE:8080", "edge:8080")).toBe("same");
    expect(kind("http://edge:8081", "edge:8080")).toBe("refused");
    expect(kind("http://edge:8080.evil.example", "edge:8080")).toBe("refused");
    expect(kind("null", "null")).toBe("refused");
    expect(kind("https://lab.example.evil", "edge:8080")).toBe("refused");
    expect(kind("https://edge:8080", "edge:8080")).toBe("same"); // behind a proxy of https
    const secure = originPolicy([], "https");
    expect(secure({ origin: "https://edge:8080", host: "edge:8080" }).kind).toBe("same");
    expect(secure({ origin: "http://edge:8080", host: "edge:8080" }).kind).toBe("refused");
    expect(originPolicy(["*"], "http")({ origin: "null", host: "x" }).kind).toBe("allowed");
  });
});

describe("names", () => {
  const answers = (host: string | undefined, rules: Partial<HostRules> = {}) =>
    hostPolicy({ allowed: [], listening: null, certificate: null, ...rules })(host) === null;

  test("that no stranger can point here are answered, others only when they were allowed", () => {
    for (const host of [
      "192.168.1.7:8080",
      "127.0.0.1",
      "[::1]:8080",
      "[fe80::1]",
      "localhost",
      "LOCALHOST:1",
      "app.localhost",
      "gpu-box:8080",
      "gpu-box.local",
      "pi.lan.",
      "nas.home.arpa",
      hostname(),
      undefined,
    ])
      expect(`${host} ${answers(host)}`).toBe(`${host} true`);
    for (const host of [
      "evil.example",
      "evil.example:8080",
      "evil.example.",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "local.example",
      "x@localhost:1",
      "localhost/evil.example",
      "a b",
      "",
      ":8080",
      "xn--evil.example",
      "1.2.3.4.5",
    ])
      expect(`${host} ${answers(host)}`).toBe(`${host} false`);
    expect(answers("LAB.example:80", { allowed: ["lab.example"] })).toBe(true);
    expect(answers("evil.example", { allowed: ["lab.example"] })).toBe(false);
    expect(answers("evil.example", { allowed: ["*"] })).toBe(true);
    expect(answers("edge.example", { listening: "edge.example" })).toBe(true);
  });

  test("an allowed name is never a way in for another", () => {
    fc.assert(
      fc.property(fc.domain(), fc.domain(), fc.webPath(), (name, other, path) => {
        fc.pre(!/\.(test|home|local|lan|internal)$/.test(other) && name.toLowerCase() !== other.toLowerCase());
        expect(answers(name, { allowed: [name.toLowerCase()] })).toBe(true);
        expect(answers(other, { allowed: [name.toLowerCase()] })).toBe(false);
        expect(answers(`${name}${path}@${other}`, { allowed: [name.toLowerCase()] })).toBe(false);
      }),
    );
  });

  test("of a certificate are answered", async () => {
    const made = await certificateFor({ kind: "self-signed" }, await mkdtemp(join(tmpdir(), "cutlayer-certificate-")));
    const { generate } = await import("selfsigned");
    const { cert } = await generate([{ name: "commonName", value: "x" }], {
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "*.lab.example" }] }],
    });
    expect(answers("edge.lab.example", { certificate: cert })).toBe(true);
    expect(answers("lab.example.evil", { certificate: cert })).toBe(false);
    expect(answers("edge.lab.example", { certificate: made?.cert ?? "" })).toBe(false);
  });
});

test("what a proxy says of an address is believed where the owner has said so, and its own word alone", () => {
  const from = (remoteAddress: string, forwarded?: string) =>
    ({ socket: { remoteAddress }, headers: { "x-forwarded-for": forwarded } }) as unknown as IncomingMessage;
  const spoofed = from("192.0.2.9", "203.0.113.1, 198.51.100.7");
  expect(peerPolicy(false)(spoofed)).toBe("192.0.2.9");
  expect(peerPolicy(true)(spoofed)).toBe("198.51.100.7");
  expect(peerPolicy(true)(from("127.0.0.1", "198.51.100.7"))).toBe("198.51.100.7");
  for (const unsaid of [undefined, "", "unknown", "198.51.100.7, "])
    expect(peerPolicy(true)(from("192.0.2.9", unsaid))).toBe("192.0.2.9");
});

test("peers are told apart by address, networks of IPv6 by their first half, and this machine not at all", () => {
  expect(["127.0.0.1", "::1", "::ffff:127.0.0.1"].map(peerName)).toEqual([null, null, null]);
  expect(["192.0.2.7", "::ffff:192.0.2.7"].map(peerName)).toEqual(["192.0.2.7", "192.0.2.7"]);
  expect(["2001:db8::1", "2001:db8:0:0:ffff::2", "2001:0db8::"].map(peerName)).toEqual(
    Array.from({ length: 3 }, () => "2001:db8:0:0::/64"),
  );
  expect(["fe80::1%eth0", "::2", "2001:db8:1::1"].map(peerName)).toEqual([
    "fe80:0:0:0::/64",
    "0:0:0:0::/64",
    "2001:db8:1:0::/64",
  ]);
});

test("a large file goes out in pieces, at the pace of its reader, and no further than asked", async () => {
  const reads: number[] = [];
  const size = 64 << 20;
  const content = {
    size,
    read: async (from: number, to: number) => (reads.push(to - from), new Uint8Array(to - from)),
    type: "application/octet-stream",
    tag: "t2",
    immutable: false,
  };
  const server = createServer(
    (request, response) => void sendContent(new HttpExchange(request, response, { kind: "none" }, null), content),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
    expect((await fetch(url, { method: "HEAD" })).headers.get("content-length")).toBe(String(size));
    expect(reads).toEqual([]);
    await (await fetch(url, { headers: { range: "bytes=5-9" } })).arrayBuffer();
    expect(reads).toEqual([5]);
    const slow = await new Promise<IncomingMessage>((resolve) => rawRequest(url, resolve).end());
    const read = () => reads.reduce((sum, bytes) => sum + bytes, 0);
    await new Promise((resolve) => slow.once("readable", resolve));
    for (let before = -1; before !== reads.length;) {
      before = reads.length; // until it stops reading ahead: the kernel's buffers hold some
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(read()).toBeLessThan(size / 2);
    let received = 0;
    for await (const chunk of slow as AsyncIterable<Buffer>) received += chunk.byteLength;
    expect(received).toBe(size);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("a peer that asks and asks and never reads is cut off, whatever else it does", async () => {
  const shard = `GET /shards/${"a".repeat(64)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const gone = await exchanged(shard.repeat(1000));
  expect(gone.split("HTTP/1.1 200").length - 1).toBeLessThanOrEqual(16);
  const few = await exchanged(shard.repeat(5) + shard.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  expect(few.split("HTTP/1.1 200").length - 1).toBe(6);
});

test("a peer that stops reading a long answer is cut off after a while", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    let settled = false;
    void neverRead().written.then(() => (settled = true));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(settled).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

/** Its peer takes nothing; what became of it. */
function neverRead(): { readonly destroyed: () => boolean; readonly written: Promise<void> } {
  const response = Object.assign(new EventEmitter(), {
    destroyed: false,
    setHeader: () => undefined,
    write: () => false,
    destroy: () => {
      response.destroyed = true;
      response.emit("close");
    },
  });
  const request = { headers: {}, method: "GET", url: "/", socket: {} };
  const exchange = new HttpExchange(request as never, response as never, { kind: "none" }, null);
  return { destroyed: () => response.destroyed, written: exchange.write("a piece") };
}

test("of many peers that take nothing, those that have taken nothing for the longest are given up", async () => {
  const peers = Array.from({ length: 300 }, neverRead);
  const gone = peers.map(({ destroyed }) => destroyed());
  expect(gone.lastIndexOf(true)).toBe(300 - 256 - 1);
  expect(gone.indexOf(false)).toBe(300 - 256);
  for (let more = 0; more < 256; more++) neverRead();
  await Promise.all(peers.map(({ written }) => written));
});

test("two Host headers are no name", async () => {
  const answer = await exchanged(
    "GET / HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\nConnection: close\r\n\r\n",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 4(00|21)/);
});

test("figures, models and weights are for whoever has the token; that the server lives, for everybody", async () => {
  const locked = await testEdge({ accessToken: "sesame" });
  try {
    const status = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${locked.url}${path}`, { headers })).status;
    const weights = `/shards/${FAKE_MANIFEST.embedding.sha256}`;
    for (const path of ["/metrics", "/status.json", "/models/index.json", "/models/fake/manifest.json", weights]) {
      expect(await status(path)).toBe(401);
      expect(await status(path, { authorization: "Bearer nonsense" })).toBe(401);
      expect(await status(path, { authorization: "Bearer sesame" })).toBe(200);
    }
    expect([await status("/healthz"), await status("/info.json"), await status("/")]).toEqual([200, 200, 200]);
    const given = await fetch(`${locked.url}${weights}`, { headers: { authorization: "Bearer sesame" } });
    expect(given.headers.get("cache-control"), "no cache on the way hands it to others").toMatch(/private/);
  } finally {
    await locked.server.close();
  }
});

test("two who come first at the same time both get the page", async () => {
  const fresh = await testEdge();
  try {
    const answers = await Promise.all(
      ["/", "/", "/assets/app-abcd1234.js"].map(async (path) => (await fetch(`${fresh.url}${path}`)).status),
    );
    expect(answers).toEqual([200, 200, 200]);
  } finally {
    await fresh.server.close();
  }
});

test("gzip is offered where it is accepted", () => {
  expect(["gzip", "br, gzip;q=0.5", "*"].map(acceptsGzip)).toEqual([true, true, true]);
  expect(["", "br", "gzip;q=0", "gzip;q=0.0"].map(acceptsGzip)).toEqual([false, false, false, false]);
});

test("a peer on another machine gets what is worth it compressed; this one does not", async () => {
  const text = "the same again and again ".repeat(400);
  const content = {
    size: text.length,
    read: (from: number, to: number) => Promise.resolve(Buffer.from(text).subarray(from, to)),
    type: "text/javascript",
    tag: "t1",
    immutable: false,
  };
  const serve = (remote: string) =>
    createServer((request, response) => {
      Object.defineProperty(request.socket, "remoteAddress", { value: remote });
      void sendContent(new HttpExchange(request, response, { kind: "none" }, null), content);
    });
  for (const [remote, encoding] of [
    ["192.0.2.7", "gzip"],
    ["127.0.0.1", null],
    ["::ffff:127.0.0.1", null],
  ] as const) {
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
  const broken = await testEdge({
    models: [
      {
        folder: {
          path: "x",
          manifest: FAKE_MANIFEST,
          readShard: () => Promise.reject(new Error("planted")),
          readPart: () => Promise.reject(new Error("planted")),
          file: () => Promise.reject(new Error("planted")),
        },
        tokenizer: () => Promise.reject(new Error("planted")),
      },
    ],
  });
  try {
    expect((await fetch(`${broken.url}/shards/${"a".repeat(64)}`)).status).toBe(500);
    expect((await fetch(`${broken.url}/models/fake/config.json`)).status).toBe(500);
    expect(
      (
        await fetch(`${broken.url}/v1/completions`, {
          method: "POST",
          body: JSON.stringify({ model: "fake", prompt: "a" }),
        })
      ).status,
    ).toBe(500);
    expect(await (await fetch(`${broken.url}/metrics`)).text()).toContain('cutlayer_faults_total{where="http"} 2');
  } finally {
    await broken.server.close();
  }
});

describe("status", () => {
  test("health, metrics and info", async () => {
    expect(await (await fetch(`${edge.url}/healthz`)).json()).toEqual({ status: "ok", models: ["fake"] });
    expect(await (await fetch(`${edge.url}/info.json`)).json()).toMatchObject({
      wire: WIRE_VERSION,
      urls: [`${edge.url}/`],
      models: ["fake"],
      limits: { sessions: 8 },
    });
    const metrics = await (await fetch(`${edge.url}/metrics`)).text();
    for (const name of [
      "cutlayer_sessions 0",
      "cutlayer_queue_depth 0",
      "cutlayer_queue_seconds_bucket",
      "cutlayer_compute_seconds",
      "cutlayer_tokens_total",
      "cutlayer_bytes_total",
      "cutlayer_refusals_total",
      "process_resident_memory_bytes",
    ]) {
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
      request(
        {
          host: "127.0.0.1",
          port: secure.server.port,
          path: "/healthz",
          ca: certificate?.cert,
          servername: "localhost",
        },
        (response) => resolve(response.statusCode),
      )
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
  } finally {
    await secure.server.close();
  }
});
