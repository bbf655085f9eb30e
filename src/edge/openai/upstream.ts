/**
 * A server behind this one that speaks the same API and serves models which this machine cannot (vLLM, Ray Serve, ...).
 * What names one of its models goes to it as it came, and its answer back as it comes; nothing is computed, cut or
 * measured here. Its key never leaves this server's memory, and what is said of it is what a client can act on.
 */
import type { HttpExchange } from "../http/exchange.ts";
import { isRecord, readJson } from "#core/schema/json.ts";
import type { Log } from "../status/log.ts";

export interface UpstreamParts {
  /** Of the API, up to and with its `/v1`. */
  readonly url: string;
  /** Null where it asks for none. */
  readonly key: string | null;
  readonly log: Log;
  /** Until its answer begins, ms. */
  readonly answersWithinMs?: number;
  /** Between two looks at its models, ms. */
  readonly refreshMs?: number;
}

const ANSWERS_WITHIN_MS = 120_000;
const REFRESH_MS = 30_000;
const LISTED_WITHIN_MS = 5_000;
/** Of an answer that is not a stream. */
const ANSWER_MOST_BYTES = 16 << 20;
/** Told with every answer of its. */
const MARK = { "X-Cutlayer-Upstream": "1", "Cache-Control": "no-store" } as const;

export class Upstream {
  readonly #parts: UpstreamParts;
  #models: readonly string[] = [];
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  /** Whether it answered when it was looked at last. */
  #here: boolean | null = null;

  constructor(parts: UpstreamParts) {
    this.#parts = parts;
  }

  /** The models that it serves; those it served last while it does not answer. */
  async models(): Promise<readonly string[]> {
    const { refreshMs = REFRESH_MS } = this.#parts;
    if (performance.now() - this.#lookedMs >= refreshMs) await (this.#looking ??= this.#look());
    return this.#models;
  }

  async #look(): Promise<void> {
    const { url, log } = this.#parts;
    try {
      const answer = await fetch(`${url}/models`, {
        headers: this.#headers(),
        signal: AbortSignal.timeout(LISTED_WITHIN_MS),
      });
      const body: unknown = answer.ok ? await answer.json() : null;
      if (body === null) throw new Error(`it answered ${answer.status}`);
      const data = isRecord(body) && Array.isArray(body["data"]) ? body["data"] : [];
      this.#models = data.flatMap((each: unknown) =>
        isRecord(each) && typeof each["id"] === "string" ? each["id"] : [],
      );
      if (this.#here !== true) log.info({ models: this.#models }, "the upstream answers");
      this.#here = true;
    } catch (thrown) {
      if (this.#here !== false) log.warn({ why: whyOf(thrown) }, "the upstream does not list its models");
      this.#here = false;
    } finally {
      this.#lookedMs = performance.now();
      this.#looking = null;
    }
  }

  /** `body` names one of its models. */
  async answer(exchange: HttpExchange, body: unknown, gone: AbortSignal): Promise<void> {
    const { url, answersWithinMs = ANSWERS_WITHIN_MS } = this.#parts;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("it took too long")), answersWithinMs);
    let answer: Response;
    try {
      answer = await fetch(url + exchange.path.replace(/^\/v1/, ""), {
        method: "POST",
        redirect: "error",
        headers: { ...this.#headers(), "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.any([gone, late.signal]),
      });
    } catch (thrown) {
      if (gone.aborted) return;
      return late.signal.aborted
        ? tell(exchange, 504, "upstream_timeout", `The upstream has not answered within ${answersWithinMs / 1000} s.`)
        : tell(exchange, 502, "upstream_unreachable", `The upstream does not answer: ${whyOf(thrown)}.`);
    } finally {
      clearTimeout(timer);
    }
    if (!answer.ok) return this.#refused(exchange, answer);
    const streams = answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
    await (streams ? passStream(exchange, answer, gone) : passWhole(exchange, answer, gone));
  }

  /** What concerns the client goes back to it; what is between the two servers is the owner's. */
  async #refused(exchange: HttpExchange, answer: Response): Promise<void> {
    const { status } = answer;
    const body = readJson(await bounded(answer).catch(() => ""));
    if (status === 401 || status === 403) {
      this.#parts.log.error({ status }, "the upstream refuses this server's key");
      return tell(
        exchange,
        502,
        "upstream_refused",
        "The upstream refuses this server. Its owner has to look at its key.",
      );
    }
    if (status === 429 || status === 503) {
      const retryAfter = answer.headers.get("retry-after") ?? "2";
      const headers = /^\d{1,5}$/.test(retryAfter) ? { "Retry-After": retryAfter } : {};
      return tell(exchange, status, "upstream_busy", "The upstream is busy. Ask again later.", headers);
    }
    const theirs = "value" in body && isRecord(body.value) && isRecord(body.value["error"]) ? body.value : null;
    if (status >= 400 && status < 500 && theirs !== null) return exchange.json(status, theirs, MARK);
    tell(exchange, 502, "upstream_failed", `The upstream failed (${status}).`);
  }

  #headers(): Readonly<Record<string, string>> {
    const { key } = this.#parts;
    return key === null ? {} : { Authorization: `Bearer ${key}` };
  }
}

async function passWhole(exchange: HttpExchange, answer: Response, gone: AbortSignal): Promise<void> {
  try {
    const json = readJson(await bounded(answer));
    if ("value" in json) exchange.json(200, json.value, MARK);
    else tell(exchange, 502, "upstream_failed", `The upstream answered with what is not JSON: ${json.why}.`);
  } catch (thrown) {
    if (!gone.aborted) tell(exchange, 502, "upstream_failed", `The upstream broke off: ${whyOf(thrown)}.`);
  }
}

/** As it comes; where it breaks off, a last event says so, and no `[DONE]` follows. */
async function passStream(exchange: HttpExchange, answer: Response, gone: AbortSignal): Promise<void> {
  const { response } = exchange;
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no", ...MARK });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of chunksOf(answer)) await exchange.write(decoder.decode(chunk, { stream: true }));
  } catch (thrown) {
    if (gone.aborted) return;
    const broken = errorOf("upstream_failed", `The upstream broke off: ${whyOf(thrown)}.`);
    await exchange.write(`\n\ndata: ${JSON.stringify(broken)}\n\n`);
  }
  response.end();
}

async function bounded(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of chunksOf(answer)) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_MOST_BYTES) throw new Error(`an answer of more than ${ANSWER_MOST_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** The platform's own type does not say that a body is bytes. */
const chunksOf = (answer: Response): AsyncIterable<Uint8Array> | readonly Uint8Array[] =>
  (answer.body as AsyncIterable<Uint8Array> | null) ?? [];

const errorOf = (code: string, message: string): unknown => ({
  error: { message, type: "server_error", param: null, code },
});

const tell = (
  exchange: HttpExchange,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void => exchange.json(status, errorOf(code, message), { ...MARK, ...headers });

/** fetch hides the reason behind "fetch failed". */
function whyOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
