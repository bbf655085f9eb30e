/**
 * Sends bytes as HTTP wants them sent: validators, one range, compression where the peer is not
 * on this very machine (there it costs more than it saves).
 */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Exchange } from "./exchange.ts";

export interface Content {
  readonly size: number;
  /** All of its bytes, read when they are needed and not kept. */
  readonly read: () => Promise<Uint8Array>;
  readonly type: string;
  /** Changes when the bytes do; without quotes. */
  readonly tag: string;
  /** What the bytes are named by never changes: they may be kept for good. */
  readonly immutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  jsonl: "application/jsonl; charset=utf-8",
  map: "application/json; charset=utf-8",
  webmanifest: "application/manifest+json; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
  png: "image/png",
  ico: "image/x-icon",
  jpg: "image/jpeg",
  webp: "image/webp",
  wasm: "application/wasm",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  csv: "text/csv; charset=utf-8",
};

export const BINARY = "application/octet-stream";
export const typeOf = (name: string): string => TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? BINARY;

export async function sendContent(exchange: Exchange, content: Content): Promise<void> {
  if (!exchange.reads) return exchange.notAllowed("GET", "HEAD");
  const { response } = exchange;
  const etag = `"${content.tag}"`;
  response.setHeader("ETag", etag);
  response.setHeader("Cache-Control", content.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (names(exchange.header("if-none-match"), etag)) return void response.writeHead(304).end();
  response.setHeader("Content-Type", content.type);
  response.setHeader("Accept-Ranges", "bytes");
  const range = rangeOf(exchange, etag, content.size);
  if (range === "unsatisfiable") return void response.writeHead(416, { "Content-Range": `bytes */${content.size}` }).end();
  if (range !== null) {
    response.setHeader("Content-Range", `bytes ${range.first}-${range.last}/${content.size}`);
    return send(exchange, 206, (await content.read()).subarray(range.first, range.last + 1));
  }
  const compressed = worthCompressing(exchange, content);
  const bytes = await (compressed ? compress(content) : content.read());
  if (compressed) response.setHeader("Content-Encoding", "gzip");
  send(exchange, 200, bytes);
}

function send({ method, response }: Exchange, status: number, bytes: Uint8Array): void {
  response.writeHead(status, { "Content-Length": String(bytes.byteLength) });
  response.end(method === "HEAD" ? undefined : bytes);
}

const names = (header: string | undefined, etag: string): boolean => header !== undefined && (header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag));

/** One range, or null for the whole: several ranges are answered with the whole, as RFC 9110 allows. */
function rangeOf(exchange: Exchange, etag: string, size: number): { readonly first: number; readonly last: number } | "unsatisfiable" | null {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(exchange.header("range")?.trim() ?? "");
  const condition = exchange.header("if-range");
  if (asked === null || (condition !== undefined && condition !== etag)) return null;
  const [, from = "", to = ""] = asked;
  if (from === "" && to === "") return null;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return null;
  return first > last ? "unsatisfiable" : { first, last };
}

const LOOPBACK = /^(::1|127\.|::ffff:127\.)/;
const COMPRESSIBLE = /^(text\/|application\/(json|jsonl|wasm|manifest)|image\/svg)/;

function worthCompressing(exchange: Exchange, { size, type }: Content): boolean {
  if (size < 1024 || !COMPRESSIBLE.test(type)) return false;
  if (LOOPBACK.test(exchange.request.socket.remoteAddress ?? "")) return false;
  return acceptsGzip(exchange.header("accept-encoding") ?? "");
}

export const acceptsGzip = (header: string): boolean => header.split(",").some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(coding));

const gzipAsync = promisify(gzip);
const kept = new Map<string, Promise<Uint8Array>>();
const KEPT_MOST = 256;

/** Once per content: the page's files are few and their names change with them. */
function compress({ read, tag }: Content): Promise<Uint8Array> {
  const known = kept.get(tag);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MOST) kept.clear();
  const made = read().then((bytes) => gzipAsync(bytes, { level: constants.Z_DEFAULT_COMPRESSION }));
  kept.set(tag, made);
  made.catch(() => kept.delete(tag));
  return made;
}
