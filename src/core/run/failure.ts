/**
 * Failures are data with a code; bugs throw.
 *
 * A failure says what was wrong in fields, not in prose, so that it crosses Comlink, the wire and
 * a result file unchanged; `failure-text.ts` turns it into a sentence with a next step.
 * `Failed` carries one through code that throws; readers return a `Result`.
 */
import {
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  text,
  variants,
  whole,
  type Shape,
  type Value,
} from "../schema/schema.ts";

const count = whole(0);
const kind = <const C extends string, const S extends Shape>(code: C, fields: S) =>
  object({ code: oneOf(code), ...fields });

/** Every failure with its fields: its type, and how one that comes in from outside is read. */
export const failure = variants(
  "code",
  // What was asked for
  /** `of` is the object that has no such key; left out, a run's configuration. */
  kind("unknown-key", { key: text, known: list(text), of: optional(text) }),
  kind("bad-value", { key: text, value: text, expected: text }),
  kind("keys-conflict", { keys: list(text), why: text }),
  kind("cut-out-of-range", { cut: number, blocks: count }),
  kind("empty-middle", { cut: number, tail: number, blocks: count }),
  /** Under `mode=auto`: how many ways each limit excludes, the most first. */
  kind("no-plan", { options: count, limits: list(object({ limit: text, excludes: count })) }),
  kind("unknown-model", { model: text, known: list(text) }),
  kind("prompt-too-long", { tokens: count, capacity: count }),
  // The model's folder; `advice` is what helps in that very case, as whole sentences
  kind("model-unsupported", { model: text, what: text, found: text, supported: text, advice: optional(text) }),
  kind("model-broken", { model: text, file: text, what: text, advice: optional(text) }),
  // Plugins
  kind("plugin-unfit", { file: text, what: text }),
  kind("plugin-mismatch", { page: list(text), edge: list(text) }),
  // Fetching and storing shards
  kind("download-failed", { url: text, status: nullable(number), why: text, advice: optional(text) }),
  kind("shard-corrupt", { sha256: text, from: oneOf("network", "storage", "file") }),
  kind("storage-full", { neededBytes: number, freeBytes: nullable(number) }),
  /** At the edge; `limitBytes` is what the models of the Hub may take, where that is the reason. */
  kind("disk-full", { path: text, neededBytes: number, freeBytes: nullable(number), limitBytes: optional(number) }),
  /** The browser's list of runs: a run itself needs none. */
  kind("history-unavailable", {
    reason: oneOf("denied", "full", "held-elsewhere", "newer", "too-large", "damaged", "not-loaded"),
    what: text,
  }),
  // The end device
  kind("backend-unavailable", { backend: text, why: text }),
  kind("device-lost", { backend: text, why: text }),
  kind("out-of-memory", { tier: oneOf("device", "edge"), what: text, bytes: nullable(number) }),
  // The link and the edge
  kind("edge-unreachable", { url: text, why: text }),
  kind("edge-gone", { url: text, attempts: count }),
  kind("mixed-content", { url: text }),
  kind("protocol-mismatch", { page: text, edge: text }),
  kind("manifest-mismatch", { model: text, page: text, edge: text }),
  kind("access-denied", { why: text }),
  kind("edge-full", { what: oneOf("sessions", "memory", "queue"), limit: number, retryAfterMs: number }),
  kind("edge-draining", { retryAfterMs: number }),
  /** An edge server passes on to those that its owner allowed, and to nobody else. */
  kind("next-refused", { endpoint: text, flag: text }),
  kind("session-lost", { session: text, why: text }),
  kind("bad-frame", { what: text, offset: nullable(number) }),
  kind("position-gap", { position: count, held: count }),
  kind("context-full", { capacity: count }),
  /** A class at an edge server; `limit` is of seats or of classes, where that is the reason. */
  kind("class-refused", {
    reason: oneOf("unknown", "full", "too-many", "not-lecturer", "too-fast", "no-edge"),
    limit: nullable(count),
  }),
  // Runs of an experiment
  /** Not tried: its cell failed `failures` times before, at last with `last`. */
  kind("given-up", { failures: count, last: text }),
  kind("run-too-long", { limitMs: number }),
  // Endings that are nobody's fault
  kind("stopped", {}),
  // A bug that surfaced: what was thrown, for the report
  kind("internal", { where: text, what: text }),
);

export type Failure = Value<typeof failure>;
export type FailureCode = Failure["code"];

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const refuse = (failure: Failure): { readonly ok: false; readonly failure: Failure } => ({ ok: false, failure });

/** An `Error` that carries a failure through code that throws. */
export class Failed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.code);
    this.name = "Failed";
    this.failure = failure;
  }
}

export function fail(failure: Failure): never {
  throw new Failed(failure);
}

/** The value of a result, or its failure thrown. */
export function unwrap<T>(result: Result<T>): T {
  return result.ok ? result.value : fail(result.failure);
}

/** What `make` gives, or the failure that it throws: `unwrap` the other way round. */
export function attempt<T>(make: () => T): Result<T> {
  try {
    return ok(make());
  } catch (thrown) {
    if (thrown instanceof Failed) return refuse(thrown.failure);
    throw thrown;
  }
}

/** The failure that a thrown thing carries; anything else is a bug and becomes `internal`. */
export function failureOf(thrown: unknown, where: string): Failure {
  if (thrown instanceof Failed) return thrown.failure;
  return {
    code: "internal",
    where,
    what: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
  };
}
