/**
 * GET as a server of files is to be asked: what is busy or broken is asked again after a pause that
 * doubles, or that the server names; what is refused is told at once, with what to do. An answer that
 * sends nothing for a while counts as broken.
 */
import { setTimeout as pause } from "node:timers/promises";
import { fail } from "#core/run/failure.ts";

export interface RetryPolicy {
  /** Tries in a row without a single byte before giving up. */
  readonly attempts: number;
  readonly firstPauseMs: number;
  readonly stallMs: number;
}

export const PATIENT: RetryPolicy = { attempts: 6, firstPauseMs: 500, stallMs: 30_000 };
/** A server that asks for more is not waited for. */
const LONGEST_PAUSE_MS = 60_000;

export interface GetOptions {
  readonly token: string | null;
  readonly fetch: typeof fetch;
  readonly retry?: RetryPolicy;
}

/** Worth another try. */
export class Broken extends Error {
  readonly status: number | null;
  readonly waitMs: number;
  constructor(why: string, status: number | null, waitMs = 0) {
    super(why);
    this.status = status;
    this.waitMs = waitMs;
  }
}

/** The text of a good answer. Throws Failed: download-failed, access-denied. */
export function getText(url: string, options: GetOptions): Promise<string> {
  return persistently(url, options, async () => {
    const parts: Uint8Array[] = [];
    for await (const chunk of bodyOf(await ask(url, options))) parts.push(chunk);
    return Buffer.concat(parts).toString("utf8");
  });
}

/** What `attempt` comes to, tried again while it throws `Broken`; it calls `moved` for what it got. Throws Failed: download-failed. */
export async function persistently<T>(
  url: string,
  { retry = PATIENT }: GetOptions,
  attempt: (moved: () => void) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await attempt(() => (failures = 0));
    } catch (thrown) {
      if (!(thrown instanceof Broken)) throw thrown;
      failures += 1;
      if (failures >= retry.attempts || thrown.waitMs > LONGEST_PAUSE_MS) failBroken(url, thrown);
      const growing = retry.firstPauseMs * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
      await pause(Math.max(thrown.waitMs, growing));
    }
  }
}

function failBroken(url: string, { status, message, waitMs }: Broken): never {
  const asked = waitMs > 0 ? ` and asks to wait ${Math.ceil(waitMs / 1000)} s` : "";
  const failure = { code: "download-failed", url, status, why: `${message}${asked}` } as const;
  if (status !== 429) fail(failure);
  fail({
    ...failure,
    advice:
      "Wait, and start again: what has arrived is kept. With HF_TOKEN set, the Hub answers more requests of an account.",
  });
}

interface Answer {
  readonly response: Response;
  readonly stallMs: number;
  /** Ends it, and what is still on its way. */
  stop(): void;
}

/** One answer, a good one or 416. Throws Broken, Failed: download-failed, access-denied. */
export async function ask(url: string, options: GetOptions, headers: Record<string, string> = {}): Promise<Answer> {
  const { fetch, token, retry = PATIENT } = options;
  const abort = new AbortController();
  const stall = setTimeout(() => abort.abort(), retry.stallMs);
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(url, { headers: { ...headers, ...authorization }, signal: abort.signal });
    if (response.ok || response.status === 416) return { response, stallMs: retry.stallMs, stop: () => abort.abort() };
    abort.abort(); // its body is of no use
    throwFor(url, response);
  } catch (thrown) {
    if (!(thrown instanceof TypeError) && !abort.signal.aborted) throw thrown;
    if (thrown instanceof TypeError || isAbort(thrown)) throw new Broken(reasonOf(thrown, retry.stallMs), null);
    throw thrown;
  } finally {
    clearTimeout(stall);
  }
}

function throwFor(url: string, response: Response): never {
  const { status, statusText } = response;
  if (status === 401 || status === 403)
    fail({
      code: "access-denied",
      why: `${url} asks for a token: accept the model's licence on its page and set HF_TOKEN`,
    });
  if (status === 404)
    fail({
      code: "download-failed",
      url,
      status,
      why: "there is no such model, revision or file",
      advice: "Compare the name with the model's page; a private model needs HF_TOKEN.",
    });
  const why = status === 429 ? "it takes no more requests for now" : statusText || "no reason given";
  if (status === 408 || status === 429 || status >= 500) throw new Broken(why, status, waitOf(response));
  fail({ code: "download-failed", url, status, why });
}

/** What Retry-After says, in seconds or as a date. */
function waitOf({ headers }: Response): number {
  const text = headers.get("retry-after");
  if (text === null) return 0;
  const ms = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** The chunks of an answer. Throws Broken where it breaks off or sends nothing for too long. */
export async function* bodyOf(answer: Answer): AsyncGenerator<Uint8Array, void, undefined> {
  const { response, stallMs } = answer;
  const stop = (): void => answer.stop();
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let stall: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      stall = setTimeout(stop, stallMs);
      const next = await reader.read().catch((thrown: unknown) => {
        throw new Broken(reasonOf(thrown, stallMs), null);
      });
      clearTimeout(stall);
      if (next.done) return;
      yield next.value as Uint8Array;
    }
  } finally {
    clearTimeout(stall);
    stop();
  }
}

const isAbort = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === "AbortError";

/** undici's "fetch failed" has what failed in its cause. */
function reasonOf(thrown: unknown, stallMs: number): string {
  if (isAbort(thrown)) return `nothing came for ${stallMs / 1000} s`;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return cause instanceof Error && cause.message !== "" ? cause.message : String(thrown);
}
