/**
 * Failures arrive over the wire as JSON. One table says, for every code, which fields it carries
 * and how each is read; the compiler holds the table to the `Failure` union, so a new code or
 * field that is not read here does not compile.
 */
import type { Failure, FailureCode, Result } from "./failure.ts";
import {
  isRecord,
  list,
  nullable,
  number,
  object,
  oneOf,
  readWith,
  text,
  unfit,
  whole,
  type Reader,
} from "./json-reader.ts";

type FailureReaders = { readonly [C in FailureCode]: Reader<Extract<Failure, { code: C }>> };

const count = whole(0);

const READERS: FailureReaders = {
  "unknown-key": object({ code: oneOf("unknown-key"), key: text, known: list(text) }),
  "bad-value": object({ code: oneOf("bad-value"), key: text, value: text, expected: text }),
  "keys-conflict": object({ code: oneOf("keys-conflict"), keys: list(text), why: text }),
  "cut-out-of-range": object({ code: oneOf("cut-out-of-range"), cut: number, blocks: count }),
  "empty-middle": object({ code: oneOf("empty-middle"), cut: number, tail: number, blocks: count }),
  "no-plan": object({ code: oneOf("no-plan"), options: count, limits: list(object({ limit: text, excludes: count })) }),
  "unknown-model": object({ code: oneOf("unknown-model"), model: text, known: list(text) }),
  "prompt-too-long": object({ code: oneOf("prompt-too-long"), tokens: count, capacity: count }),
  "model-unsupported": object({
    code: oneOf("model-unsupported"),
    model: text,
    what: text,
    found: text,
    supported: text,
  }),
  "model-broken": object({ code: oneOf("model-broken"), model: text, file: text, what: text }),
  "plugin-unfit": object({ code: oneOf("plugin-unfit"), file: text, what: text }),
  "plugin-mismatch": object({ code: oneOf("plugin-mismatch"), page: list(text), edge: list(text) }),
  "download-failed": object({ code: oneOf("download-failed"), url: text, status: nullable(number), why: text }),
  "shard-corrupt": object({ code: oneOf("shard-corrupt"), sha256: text, from: oneOf("network", "storage", "file") }),
  "storage-full": object({ code: oneOf("storage-full"), neededBytes: number, freeBytes: nullable(number) }),
  "backend-unavailable": object({ code: oneOf("backend-unavailable"), backend: text, why: text }),
  "device-lost": object({ code: oneOf("device-lost"), backend: text, why: text }),
  "out-of-memory": object({
    code: oneOf("out-of-memory"),
    tier: oneOf("device", "edge"),
    what: text,
    bytes: nullable(number),
  }),
  "edge-unreachable": object({ code: oneOf("edge-unreachable"), url: text, why: text }),
  "edge-gone": object({ code: oneOf("edge-gone"), url: text, attempts: count }),
  "mixed-content": object({ code: oneOf("mixed-content"), url: text }),
  "protocol-mismatch": object({ code: oneOf("protocol-mismatch"), page: text, edge: text }),
  "manifest-mismatch": object({ code: oneOf("manifest-mismatch"), model: text, page: text, edge: text }),
  "access-denied": object({ code: oneOf("access-denied"), why: text }),
  "edge-full": object({
    code: oneOf("edge-full"),
    what: oneOf("sessions", "memory", "queue"),
    limit: number,
    retryAfterMs: number,
  }),
  "edge-draining": object({ code: oneOf("edge-draining"), retryAfterMs: number }),
  "next-refused": object({ code: oneOf("next-refused"), endpoint: text, flag: text }),
  "session-lost": object({ code: oneOf("session-lost"), session: text, why: text }),
  "bad-frame": object({ code: oneOf("bad-frame"), what: text, offset: nullable(number) }),
  "position-gap": object({ code: oneOf("position-gap"), position: count, held: count }),
  "context-full": object({ code: oneOf("context-full"), capacity: count }),
  "given-up": object({ code: oneOf("given-up"), failures: count, last: text }),
  "run-too-long": object({ code: oneOf("run-too-long"), limitMs: number }),
  stopped: object({ code: oneOf("stopped") }),
  internal: object({ code: oneOf("internal"), where: text, what: text }),
};

export const FAILURE_CODES: readonly string[] = Object.keys(READERS);

const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(READERS, code);

export const failure: Reader<Failure> = (value, path) => {
  const code = isRecord(value) ? text(value["code"], `${path}.code`) : unfit(path, value, "a failure");
  if (!isFailureCode(code)) return unfit(`${path}.code`, code, "a failure code this version knows");
  const reader: Reader<Failure> = READERS[code];
  return reader(value, path);
};

export const parseFailure = (value: unknown): Result<Failure> => readWith(failure, value, "failure");
