/**
 * Failures arrive over the wire as JSON. One table says, for every code, which fields it carries
 * and how each is read; the compiler holds the table to the `Failure` union, so a new code or
 * field that is not read here does not compile.
 */
import type { Failure, FailureCode, Result } from "./failure.ts";
import { isRecord, list, nullable, number, object, oneOf, readWith, text, unfit, whole, type Reader } from "./json-reader.ts";

type FieldsOf<C extends FailureCode> = Omit<Extract<Failure, { code: C }>, "code">;
type FailureShapes = { readonly [C in FailureCode]: { readonly [K in keyof FieldsOf<C>]: Reader<FieldsOf<C>[K]> } };

const count = whole(0);

const SHAPES: FailureShapes = {
  "unknown-key": { key: text, known: list(text) },
  "bad-value": { key: text, value: text, expected: text },
  "keys-conflict": { keys: list(text), why: text },
  "cut-out-of-range": { cut: number, blocks: count },
  "empty-middle": { cut: number, tail: number, blocks: count },
  "unknown-model": { model: text, known: list(text) },
  "prompt-too-long": { tokens: count, capacity: count },
  "model-unsupported": { model: text, what: text, found: text, supported: text },
  "model-broken": { model: text, file: text, what: text },
  "download-failed": { url: text, status: nullable(number), why: text },
  "shard-corrupt": { sha256: text, from: oneOf("network", "storage", "file") },
  "storage-full": { neededBytes: number, freeBytes: nullable(number) },
  "backend-unavailable": { backend: text, why: text },
  "device-lost": { backend: text, why: text },
  "out-of-memory": { tier: oneOf("device", "edge"), what: text, bytes: nullable(number) },
  "edge-unreachable": { url: text, why: text },
  "edge-gone": { url: text, attempts: count },
  "mixed-content": { url: text },
  "protocol-mismatch": { page: text, edge: text },
  "manifest-mismatch": { model: text, page: text, edge: text },
  "access-denied": { why: text },
  "edge-full": { what: oneOf("sessions", "memory", "queue"), limit: number, retryAfterMs: number },
  "edge-draining": { retryAfterMs: number },
  "session-lost": { session: text, why: text },
  "bad-frame": { what: text, offset: nullable(number) },
  "position-gap": { position: count, held: count },
  "context-full": { capacity: count },
  stopped: {},
  internal: { where: text, what: text },
};

export const FAILURE_CODES: readonly string[] = Object.keys(SHAPES);

const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(SHAPES, code);

export const failure: Reader<Failure> = (value, path) => {
  const code = isRecord(value) ? text(value["code"], `${path}.code`) : unfit(path, value, "a failure");
  if (!isFailureCode(code)) return unfit(`${path}.code`, code, "a failure code this version knows");
  // The table pairs each code with exactly the fields of its own member of the union.
  return { code, ...object(SHAPES[code])(value, path) } as Failure;
};

export const parseFailure = (value: unknown): Result<Failure> => readWith(failure, value, "failure");
