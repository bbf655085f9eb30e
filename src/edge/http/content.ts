/**
 * Sends bytes as HTTP wants them sent: validators, one range, compression where the peer is not
 * on this very machine (there it costs more than it saves). What is asked for is read in pieces, at
 * the pace of the peer: a slow one, or one that wants a byte of a large shard, costs no more memory.
 */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { HttpExchange } from "./exchange.ts";
import { isLoopback } from "./peer.ts";

export interface Content {
  readonly size: number;
  /** Its bytes [from, to), read when they are needed and not kept. */
  readonly read: (from: number, to: number) => Promise<Uint8Array>;
  readonly type: string;
  /** Changes when the bytes do; without quotes. */
  readonly tag: string;
  /** What the bytes are named by never changes: they may be kept for good. */
  readonly immutable: boolean;
}

/** Of content that is at hand in whole. */
export const inMemory = (bytes: Uint8Array): Pick<Content, "size" | "read"> => ({
  size: bytes.byteLength,
  read: (from, to) => Promise.resolve(bytes.subarray(from, to)),
});

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

export async function sendContent(exchange: HttpExchange, content: Content): Promise<void> {
  if (!exchange.reads) return exchange.notAllowed("GET", "HEAD");
  const { response } = exchange;
  const etag = `"${content.tag}"`;
  response.setHeader("ETag", etag);
  response.setHeader(
    "Cache-Control",
    content.immutable ? `${exchange.guarded ? "private" : "public"}, max-age=31536000, immutable` : "no-cache",
  );
  if (names(exchange.header("if-none-match"), etag)) return void response.writeHead(304).end();
  response.setHeader("Content-Type", content.type);
  response.setHeader("Accept-Ranges", "bytes");
  const range = rangeOf(exchange, etag, content.size);
  if (range === "unsatisfiable")
    return void response.writeHead(416, { "Content-Range": `bytes */${content.size}` }).end();
  if (range !== null) {
    response.setHeader("Content-Range", `bytes ${range.first}-${range.last}/${content.size}`);
    return send(exchange, 206, content.read, range.first, range.last + 1);
  }
  if (!worthCompressing(exchange, content)) return send(exchange, 200, content.read, 0, content.size);
  const bytes = await compress(content);
  response.setHeader("Content-Encoding", "gzip");
  await send(exchange, 200, inMemory(bytes).read, 0, bytes.byteLength);
}

/** What one answer has in memory at a time, whatever its length: a peer that stops reading holds no more. */
const PIECE_BYTES = 256 << 10;

/** The bytes [first, end) of what `read` reads. */
async function send(
  exchange: HttpExchange,
  status: number,
  read: Content["read"],
  first: number,
  end: number,
): Promise<void> {
  const { method, response } = exchange;
  const piece = (from: number): Promise<Uint8Array> => read(from, Math.min(from + PIECE_BYTES, end));
  const length = { "Content-Length": String(end - first) };
  if (method === "HEAD" || first === end) return void response.writeHead(status, length).end();
  const opening = await piece(first); // what cannot be read is still an answer of its own
  response.writeHead(status, length);
  await exchange.write(opening);
  for (let from = first + PIECE_BYTES; from < end && !response.destroyed; from += PIECE_BYTES)
    await exchange.write(await piece(from));
  response.end();
}

const names = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag));

/** One range, or null for the whole: several ranges are answered with the whole, as RFC 9110 allows. */
function rangeOf(
  exchange: HttpExchange,
  etag: string,
  size: number,
): { readonly first: number; readonly last: number } | "unsatisfiable" | null {
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

const COMPRESSIBLE = /^(text\/|application\/(json|jsonl|wasm|manifest)|image\/svg)/;

function worthCompressing(exchange: HttpExchange, { size, type }: Content): boolean {
  if (size < 1024 || !COMPRESSIBLE.test(type)) return false;
  if (isLoopback(exchange.request.socket.remoteAddress ?? "")) return false;
  return acceptsGzip(exchange.header("accept-encoding") ?? "");
}

export const acceptsGzip = (header: string): boolean =>
  header.split(",").some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(coding));

const gzipAsync = promisify(gzip);
const kept = new Map<string, Promise<Uint8Array>>();
const KEPT_MOST = 256;

/** Once per content: the page's files are few and their names change with them. */
function compress({ read, size, tag }: Content): Promise<Uint8Array> {
  const known = kept.get(tag);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MOST) kept.clear();
  const made = read(0, size).then((bytes) => gzipAsync(bytes, { level: constants.Z_DEFAULT_COMPRESSION }));
  kept.set(tag, made);
  made.catch(() => kept.delete(tag));
  return made;
}
