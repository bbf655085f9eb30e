/**
 * Requests that no browser sends, as bytes: a row for each, by what is wrong with it. A server may answer with a
 * refusal or close the connection; it may not answer with an error of its own (5xx), hang, or hand out what is not its.
 */
import { connect } from "node:net";

export interface Hostile {
  readonly name: string;
  /** One after the other, as separate writes. */
  readonly writes: readonly (string | Uint8Array)[];
  /** What may never stand in the answer, beside a status of 5xx. */
  readonly never?: RegExp;
  /** It waits for more: the client goes after a moment. */
  readonly unfinished?: true;
}

const HOST = "Host: 127.0.0.1\r\n";
const get = (target: string, ...headers: readonly string[]): string =>
  `GET ${target} HTTP/1.1\r\n${HOST}${headers.map((each) => `${each}\r\n`).join("")}Connection: close\r\n\r\n`;
const post = (target: string, body: string | Uint8Array, ...headers: readonly string[]): Hostile["writes"] => [
  `POST ${target} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers.map((each) => `${each}\r\n`).join("")}Connection: close\r\n\r\n`,
  body,
];
const upgrade = (...headers: readonly string[]): string =>
  `GET /session HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n${headers.map((each) => `${each}\r\n`).join("")}\r\n`;
const opened = upgrade(
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol: cutlayer.v1",
);
const bytes = (...all: readonly number[]): Uint8Array => Uint8Array.from(all);
const chat = (messages: unknown, more: object = {}): string =>
  JSON.stringify({ model: "concierge-10m", messages, max_tokens: 1, ...more });

const PASSWD = /root:.*:0:0:/;

/** The request line and the headers. */
const REQUESTS: readonly Hostile[] = [
  { name: "nothing, then the end", writes: [""], unfinished: true },
  { name: "noise", writes: [Uint8Array.from({ length: 4096 }, (_, at) => (at * 167 + 13) % 256)] },
  { name: "the hello of TLS", writes: [bytes(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)], unfinished: true },
  { name: "the preface of HTTP/2", writes: ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] },
  { name: "HTTP/0.9", writes: ["GET /\r\n"], unfinished: true },
  { name: "HTTP/9.9", writes: ["GET / HTTP/9.9\r\nHost: x\r\n\r\n"] },
  { name: "no host", writes: ["GET / HTTP/1.1\r\n\r\n"] },
  { name: "two hosts", writes: [get("/", "Host: evil.example")] },
  { name: "a host of 60 kB", writes: [`GET / HTTP/1.1\r\nHost: ${"a".repeat(60_000)}\r\n\r\n`] },
  { name: "a target of 60 kB", writes: [get(`/${"a".repeat(60_000)}`)] },
  { name: "ten thousand headers", writes: [get("/", ...Array.from({ length: 10_000 }, (_, at) => `X-${at}: 1`))] },
  { name: "a header without a colon", writes: [get("/", "nonsense")] },
  { name: "a header with NUL", writes: [get("/", "X-A: a\0b")] },
  { name: "a header folded", writes: [get("/", "X-A: a\r\n b")] },
  { name: "a bare line feed for an end", writes: ["GET / HTTP/1.1\nHost: 127.0.0.1\n\n"] },
  { name: "a method of its own", writes: [get("/").replace("GET", "BREW")] },
  { name: "a method of 10 kB", writes: [get("/").replace("GET", "G".repeat(10_000))], unfinished: true },
  { name: "CONNECT", writes: ["CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n"] },
  { name: "TRACE", writes: [get("/", "X-Secret: 1").replace("GET", "TRACE")], never: /X-Secret/ },
  { name: "a whole URL for a target", writes: [get("http://evil.example/etc/passwd")], never: PASSWD },
  { name: "a target that climbs", writes: [get("/../../../../etc/passwd")], never: PASSWD },
  { name: "one that climbs in percents", writes: [get("/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd")], never: PASSWD },
  {
    name: "one that climbs in percents of percents",
    writes: [get("/%252e%252e/%252e%252e/etc/passwd")],
    never: PASSWD,
  },
  { name: "one that climbs backwards", writes: [get("/..\\..\\..\\etc\\passwd")], never: PASSWD },
  {
    name: "one that climbs out of a model",
    writes: [get("/models/concierge-10m/..%2f..%2f..%2fpackage.json")],
    never: /"devDependencies"/,
  },
  { name: "a NUL in the target", writes: [get("/index.html%00.png")] },
  { name: "percents that decode to no text", writes: [get("/%ff%fe%c0%80")] },
  { name: "half a percent", writes: [get("/%e0%a4%a")] },
  { name: "a prototype for a path", writes: [get("/__proto__")] },
  { name: "a prototype for a model", writes: [get("/models/__proto__/constructor")] },
  { name: "a shard by no hash", writes: [get("/shards/..")] },
  { name: "a plugin by no hash", writes: [get("/plugins/constructor")] },
  { name: "a query of 30 kB", writes: [get(`/index.html?${"a=1&".repeat(7_500)}`)] },
];

/** What ranges and conditions ask for. */
const RANGES: readonly Hostile[] = [
  "bytes=-0",
  "bytes=0-",
  "bytes=9-3",
  "bytes=99999999999999999999-",
  "bytes=-99999999999999999999",
  "bytes=a-b",
  "bytes=0-0,1-1",
  `bytes=${"0-0,".repeat(5_000)}0-0`,
  "lines=0-1",
  "bytes=",
  "bytes=--1",
  "bytes=0-1e9",
].map((range) => ({ name: `Range: ${range.slice(0, 30)}`, writes: [get("/index.html", `Range: ${range}`)] }));

const CONDITIONS: readonly Hostile[] = [
  { name: "a condition of 8 kB", writes: [get("/index.html", `If-None-Match: ${'"a",'.repeat(2_000)}`)] },
  { name: "encodings that are not", writes: [get("/index.html", "Accept-Encoding: br;q=nan, gzip;q=-1, *;q=2")] },
  { name: "an origin that is no URL", writes: [get("/index.html", "Origin: \x7f[[")] },
  { name: "a token of 30 kB", writes: [get("/metrics", `Authorization: Bearer ${"a".repeat(12_000)}`)] },
];

/** Bodies and their lengths. */
const BODIES: readonly Hostile[] = [
  {
    name: "two lengths",
    writes: [`POST /v1/completions HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}`],
  },
  {
    name: "a length and chunks",
    writes: [
      `POST /v1/completions HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n`,
    ],
  },
  { name: "a length below nothing", writes: [`POST /v1/completions HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n{}`] },
  {
    name: "a length past all numbers",
    writes: [`POST /v1/completions HTTP/1.1\r\n${HOST}Content-Length: 99999999999999999999999\r\n\r\n{}`],
  },
  {
    name: "a length of 4 GB",
    writes: [
      `POST /v1/completions HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 4294967296\r\n\r\n{`,
    ],
    unfinished: true,
  },
  {
    name: "a body that stops short",
    writes: [
      `POST /v1/completions HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"model":`,
    ],
    unfinished: true,
  },
  {
    name: "chunks that are none",
    writes: [`POST /v1/completions HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
  },
  {
    name: "a chunk of 2^64 bytes",
    writes: [`POST /v1/completions HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n`],
    unfinished: true,
  },
  {
    name: "a length on a GET",
    writes: [`GET /index.html HTTP/1.1\r\n${HOST}Content-Length: 5\r\nConnection: close\r\n\r\nhello`],
  },
  { name: "sixty requests ahead", writes: [`GET /healthz HTTP/1.1\r\n${HOST}\r\n`.repeat(60)] },
  { name: "an empty body", writes: post("/v1/chat/completions", "") },
  { name: "no JSON", writes: post("/v1/chat/completions", "{") },
  {
    name: "text that is not UTF-8",
    writes: post("/v1/chat/completions", bytes(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d)),
  },
  { name: "brackets, 900 kB deep", writes: post("/v1/chat/completions", "[".repeat(900_000)) },
  { name: "two megabytes", writes: post("/v1/chat/completions", `{"model":"${"a".repeat(2 << 20)}"}`) },
  {
    name: "a prototype",
    writes: post("/v1/chat/completions", '{"__proto__":{"model":"concierge-10m"},"constructor":{"prototype":{"x":1}}}'),
  },
  {
    name: "the same key a thousand times",
    writes: post("/v1/chat/completions", `{${'"model":"a",'.repeat(1_000)}"model":"concierge-10m"}`),
  },
  {
    name: "messages that are none",
    writes: post("/v1/chat/completions", chat([null, 1, "a", [], { role: {}, content: [] }])),
  },
  {
    name: "a message for every byte",
    writes: post("/v1/chat/completions", chat(Array.from({ length: 20_000 }, () => ({ role: "user", content: "" })))),
  },
  {
    name: "half a surrogate",
    writes: post(
      "/v1/chat/completions",
      '{"model":"concierge-10m","max_tokens":1,"messages":[{"role":"user","content":"\\ud800"}]}',
    ),
  },
  {
    name: "control tokens in a message",
    writes: post("/v1/chat/completions", chat([{ role: "user", content: "<|end|><|user|><|call|>".repeat(9) }])),
  },
  {
    name: "numbers past all numbers",
    writes: post(
      "/v1/chat/completions",
      '{"model":"concierge-10m","messages":[{"role":"user","content":"a"}],"max_tokens":1e999,"temperature":-1e999,"seed":1e400}',
    ),
  },
  {
    name: "stops without end",
    writes: post(
      "/v1/chat/completions",
      chat([{ role: "user", content: "a" }], { stop: Array.from({ length: 5_000 }, () => "a") }),
    ),
  },
  {
    name: "lists in lists for a prompt",
    writes: post("/v1/completions", `{"model":"concierge-10m","prompt":${"[".repeat(2_000)}${"]".repeat(2_000)}}`),
  },
  {
    name: "ids past the vocabulary for a prompt",
    writes: post("/v1/completions", '{"model":"concierge-10m","prompt":[4294967296,-1,0.5],"max_tokens":1}'),
  },
  {
    name: "a compressed body",
    writes: post("/v1/chat/completions", bytes(0x1f, 0x8b, 8, 0, 0, 0, 0, 0), "Content-Encoding: gzip"),
  },
  { name: "an expectation", writes: post("/v1/chat/completions", "{}", "Expect: 100-continue") },
  { name: "another expectation", writes: post("/v1/chat/completions", "{}", "Expect: wonders") },
];

/** Upgrades, and frames of the WebSocket protocol that no client sends. */
const SOCKETS: readonly Hostile[] = [
  { name: "an upgrade to something else", writes: [upgrade().replace("websocket", "h2c")] },
  { name: "an upgrade without a key", writes: [upgrade("Sec-WebSocket-Version: 13")] },
  {
    name: "an upgrade with a key that is none",
    writes: [upgrade("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: a")],
  },
  {
    name: "an upgrade of version 7",
    writes: [upgrade("Sec-WebSocket-Version: 7", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")],
  },
  { name: "an upgrade elsewhere", writes: [opened.replace("/session", "/index.html")] },
  { name: "an upgrade by POST", writes: [opened.replace("GET", "POST")] },
  { name: "an unmasked frame", writes: [opened, bytes(0x81, 2, 0x7b, 0x7d)] },
  { name: "reserved bits", writes: [opened, bytes(0xf1, 0x80, 0, 0, 0, 0)] },
  { name: "an opcode of nobody", writes: [opened, bytes(0x83, 0x80, 0, 0, 0, 0)] },
  { name: "a frame of 2^63 bytes", writes: [opened, bytes(0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)] },
  { name: "a frame of 1 GB", writes: [opened, bytes(0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0)] },
  { name: "a continuation of nothing", writes: [opened, bytes(0x80, 0x80, 0, 0, 0, 0)] },
  { name: "a ping of 200 bytes", writes: [opened, bytes(0x89, 0xfe, 0, 200, 0, 0, 0, 0)] },
  { name: "a ping in pieces", writes: [opened, bytes(0x09, 0x80, 0, 0, 0, 0)] },
  { name: "a close of one byte", writes: [opened, bytes(0x88, 0x81, 0, 0, 0, 0, 3)] },
  { name: "a close with a code of nobody", writes: [opened, bytes(0x88, 0x82, 0, 0, 0, 0, 0, 5)] },
  { name: "a text that is not UTF-8", writes: [opened, bytes(0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe)] },
  { name: "a hello as a binary message", writes: [opened, bytes(0x82, 0x82, 0, 0, 0, 0, 0x7b, 0x7d)] },
  {
    name: "a hello that begins and never ends",
    writes: [opened, bytes(0x01, 0x81, 0, 0, 0, 0, 0x7b)],
    unfinished: true,
  },
  {
    name: "ten thousand pings",
    writes: [opened, Buffer.concat(Array.from({ length: 10_000 }, () => bytes(0x89, 0x80, 0, 0, 0, 0)))],
    unfinished: true,
  },
  {
    name: "100 kB ahead of any hello",
    writes: [opened, bytes(0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x86, 0xa0, 0, 0, 0, 0), new Uint8Array(100_000)],
  },
];

export const HOSTILE: readonly Hostile[] = [...REQUESTS, ...RANGES, ...CONDITIONS, ...BODIES, ...SOCKETS];

/** What became of one: the status of its answer, null where it was none; and what it must not have done. */
interface Treated {
  readonly status: number | null;
  readonly finding: string | null;
}

const PATIENCE_MS = 8_000;
/** A client that waits for more goes after that. */
const LINGER_MS = 150;

/** Sends it and waits until the server closes, or is plainly waiting for more. */
function treat(port: number, { writes, never, unfinished }: Hostile): Promise<Treated> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    let finding: string | null = null;
    const late = setTimeout(
      () => {
        if (unfinished !== true && chunks.length === 0)
          finding = `it neither answered nor closed within ${PATIENCE_MS} ms`;
        socket.destroy();
      },
      unfinished === true ? LINGER_MS : PATIENCE_MS,
    );
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      // Kept open for another request or for frames: what was asked is answered.
      late.refresh();
      if (unfinished !== true) setTimeout(() => socket.destroy(), 3 * LINGER_MS).unref();
    });
    socket.on("close", () => {
      clearTimeout(late);
      const text = Buffer.concat(chunks).toString("latin1");
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? NaN);
      if (status >= 500) finding ??= `it answered with ${status}`;
      if (never?.test(text) === true) finding ??= `its answer has ${String(never)} in it`;
      resolve({ status: Number.isNaN(status) ? null : status, finding });
    });
    for (const each of writes) socket.write(each);
  });
}

/** Each of them, some at a time; what any must not have done, by its name. */
export async function treatAll(port: number, atOnce = 8): Promise<readonly string[]> {
  const left = [...HOSTILE];
  const findings: string[] = [];
  const oneAfterAnother = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { finding } = await treat(port, next);
      if (finding !== null) findings.push(`${next.name}: ${finding}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, oneAfterAnother));
  return findings;
}
