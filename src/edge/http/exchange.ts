/**
 * One HTTP request and its response, with what every response of this server carries: isolation
 * for threads in the page, no guessing of types, and CORS for the origins that are allowed.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Failure } from "#core/run/failure.ts";
import type { OriginVerdict } from "./origins.ts";

/** A piece is at most 256 kB: 35 kbit/s, slower than any link that a page could be used over. */
const UNREAD_MOST_MS = 60_000;

/** Answers whose peers have yet to take a piece; the one that has waited the longest is first. 64 MB in all. */
const unread = new Set<ServerResponse>();
const UNREAD_MOST = 256;

/** One more: where that is too many, the peer that has taken nothing for the longest is given up. */
function awaitReader(response: ServerResponse): void {
  unread.add(response);
  const [slowest] = unread;
  if (unread.size > UNREAD_MOST) slowest?.destroy();
}

export class HttpExchange {
  readonly method: string;
  /** Decoded, never with a query: queries are not read and not logged. */
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly origin: OriginVerdict;
  /** Whom it comes from, as far as an address tells. */
  readonly peer: string | null;
  /** Its answer is for whoever has the access token: no cache on the way may hand it on. */
  guarded = false;

  constructor(request: IncomingMessage, response: ServerResponse, origin: OriginVerdict, peer: string | null) {
    this.peer = peer;
    this.request = request;
    this.response = response;
    this.origin = origin;
    this.method = request.method ?? "GET";
    this.path = pathOf(request.url ?? "/");
    const secure = "encrypted" in request.socket;
    for (const [name, value] of Object.entries(standingHeaders(origin, secure))) response.setHeader(name, value);
  }

  get reads(): boolean {
    return this.method === "GET" || this.method === "HEAD";
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.text(status, JSON.stringify(value), { "Content-Type": "application/json; charset=utf-8", ...headers });
  }

  text(status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    const bytes = Buffer.from(text);
    this.response.writeHead(status, {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": this.response.getHeader("Cache-Control") ?? "no-cache",
      "Content-Length": String(bytes.byteLength),
      ...headers,
    });
    this.response.end(this.method === "HEAD" ? undefined : bytes);
  }

  /** A piece of a body; resolves when the peer can take more, or is gone. One that takes nothing for `UNREAD_MOST_MS` is gone. */
  async write(piece: Uint8Array | string): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.write(piece)) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => response.destroy(), UNREAD_MOST_MS);
      const settle = (): void => {
        clearTimeout(late);
        unread.delete(response);
        response.off("drain", settle);
        response.off("close", settle);
        resolve();
      };
      response.on("drain", settle);
      response.on("close", settle);
      awaitReader(response);
    });
  }

  notFound(): void {
    this.text(404, "There is nothing here.\n");
  }

  /** For a request under a name that is not this server's. */
  misdirected(failure: Failure): void {
    const { title, next } = describeFailure(failure);
    this.text(421, `${title} ${next} (${failure.code})\n`);
  }

  /** For a method that the path does not take. */
  notAllowed(...methods: readonly string[]): void {
    this.text(405, `This takes ${methods.join(" and ")}.\n`, { Allow: methods.join(", ") });
  }
}

/** The path of a request target, percent-decoded; what cannot be decoded is no path of ours. */
function pathOf(target: string): string {
  const [path = "/"] = target.split(/[?#]/, 1);
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

/** What a page may not ask for, whatever runs in it: nothing here needs any of them. */
const UNUSED = ["camera", "microphone", "geolocation", "payment", "usb", "serial", "hid", "midi"];

/** What its own scripts may do is said in the page itself (vite.config.ts), where static hosts have it too. */
function standingHeaders(origin: OriginVerdict, secure: boolean): Readonly<Record<string, string>> {
  const allowed =
    origin.kind === "allowed"
      ? {
          "Access-Control-Allow-Origin": origin.origin,
          "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag, Retry-After",
        }
      : {};
  return {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": origin.kind === "allowed" ? "cross-origin" : "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Permissions-Policy": UNUSED.map((feature) => `${feature}=()`).join(", "),
    ...(secure ? { "Strict-Transport-Security": "max-age=31536000" } : {}),
    Vary: "Origin, Accept-Encoding",
    ...allowed,
  };
}

/** The answer to a browser that asks before a request: yes for allowed origins, nothing for others. */
export function preflight(exchange: HttpExchange): void {
  const { response, origin } = exchange;
  if (origin.kind === "allowed") {
    response.setHeader("Access-Control-Allow-Methods", "GET, HEAD, POST");
    response.setHeader("Access-Control-Allow-Headers", "Content-Type, Authorization, Range");
    response.setHeader("Access-Control-Max-Age", "600");
    if (exchange.header("access-control-request-private-network") === "true")
      response.setHeader("Access-Control-Allow-Private-Network", "true");
  }
  response.writeHead(204).end();
}
