/**
 * One shard over HTTP, from wherever an earlier download stopped: a Range request for the rest,
 * retried with backoff when the network breaks or stalls. What arrives goes to `sink` in order and
 * into one buffer; nothing here judges the content, that is the hash's business.
 */
import { Failed } from "#core/run/failure.ts";
import type { CancelSignal } from "#engine/ports.ts";
import { deniedBy, type Fetch } from "./fetching.ts";
import { linkedAbort, pause, stopped, throwIfStopped } from "../host/abort.ts";

export interface RetryPolicy {
  /** Tries in a row without a single byte before giving up. */
  readonly attempts: number;
  readonly firstPauseMs: number;
  /** A response that sends nothing for this long counts as broken. */
  readonly stallMs: number;
}

export const PATIENT: RetryPolicy = { attempts: 5, firstPauseMs: 250, stallMs: 20_000 };

export interface ShardDownload {
  readonly url: string;
  readonly cache: RequestCache;
  /** As long as the shard; its first `held` bytes are already there. */
  readonly into: Uint8Array<ArrayBuffer>;
  readonly held: number;
  readonly fetch: Fetch;
  readonly retry: RetryPolicy;
  readonly signal: CancelSignal | undefined;
  onChunk(chunk: Uint8Array<ArrayBuffer>, doneBytes: number): Promise<void>;
  /** The server starts again from byte 0: what was kept is of no use. */
  onRestart(): Promise<void>;
}

/** A failure worth another try: the network broke or the server was busy. */
class Broken extends Error {
  readonly status: number | null;
  constructor(why: string, status: number | null) {
    super(why);
    this.status = status;
  }
}

/** Fills `into`. Throws Failed: download-failed, stopped. */
export async function downloadShard(download: ShardDownload): Promise<void> {
  let at = download.held;
  let failures = 0;
  while (at < download.into.length) {
    const before = at;
    try {
      await attempt(download, at, (position) => {
        at = position;
      });
    } catch (thrown) {
      throwIfStopped(download.signal);
      if (!(thrown instanceof Broken)) throw thrown;
      failures = at > before ? 1 : failures + 1;
      if (failures >= download.retry.attempts) {
        throw new Failed({ code: "download-failed", url: download.url, status: thrown.status, why: thrown.message });
      }
      await pause(download.retry.firstPauseMs * 2 ** (failures - 1) * (0.75 + Math.random() / 2), download.signal);
    }
  }
}

/** One request: moves the position forward as far as the response goes. */
async function attempt(download: ShardDownload, from: number, moveTo: (position: number) => void): Promise<void> {
  const abort = linkedAbort(download.signal);
  const stall = stallTimer(download.retry.stallMs, () => abort.abort());
  try {
    const response = await request(download, from, abort.signal);
    let at = startOf(response, from, download.url);
    if (at !== from) {
      await download.onRestart();
      moveTo(at);
    }
    const reader = response.body?.getReader();
    for (;;) {
      stall.start();
      const next = await reader?.read().catch((thrown: unknown) => broken(thrown, response.status));
      stall.stop();
      throwIfStopped(download.signal);
      if (next === undefined || next.done) break;
      const chunk = next.value;
      if (at + chunk.length > download.into.length) throw tooLong(download, response.status);
      download.into.set(chunk, at);
      at += chunk.length;
      await download.onChunk(chunk, at);
      moveTo(at);
    }
    if (at < download.into.length)
      throw new Broken(
        `the response ended after ${String(at)} of ${String(download.into.length)} bytes`,
        response.status,
      );
  } finally {
    stall.stop();
    abort.abort();
    abort.release();
  }
}

async function request(download: ShardDownload, from: number, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = from > 0 ? { Range: `bytes=${String(from)}-` } : {};
  const response = await download
    .fetch(download.url, { headers, cache: download.cache, signal })
    .catch((thrown: unknown) => {
      if (download.signal?.aborted === true) throw stopped();
      return broken(thrown, null);
    });
  if (response.ok || response.status === 416) return response;
  const denied = deniedBy(response.status);
  if (denied !== null) throw new Failed(denied);
  const why = `the server answered ${String(response.status)} ${response.statusText}`.trim();
  if (response.status >= 500 || response.status === 408 || response.status === 429)
    throw new Broken(why, response.status);
  throw new Failed({ code: "download-failed", url: download.url, status: response.status, why });
}

/** Where the body begins: at `from` when the server honoured the range, else at 0. */
function startOf(response: Response, from: number, url: string): number {
  if (from === 0 || response.status === 200) return 0;
  if (response.status === 416)
    throw new Failed({
      code: "download-failed",
      url,
      status: 416,
      why: "the server's shard is shorter than what was kept",
    });
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  // Cross-origin the header is hidden unless exposed; a 206 then answers the one range we asked for.
  if (range === null || Number(range[1]) === from) return from;
  throw new Broken(`asked from byte ${String(from)}, got ${range[0]}`, response.status);
}

function tooLong(download: ShardDownload, status: number): Failed {
  return new Failed({
    code: "download-failed",
    url: download.url,
    status,
    why: `the response is longer than the shard's ${String(download.into.length)} bytes`,
  });
}

function broken(thrown: unknown, status: number | null): never {
  throw new Broken(thrown instanceof Error ? thrown.message : String(thrown), status);
}

function stallTimer(ms: number, onStall: () => void): { start(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => clearTimeout(timer);
  return {
    stop,
    start: () => {
      stop();
      timer = setTimeout(onStall, ms);
    },
  };
}
