/**
 * Failures are data with a code; bugs throw.
 *
 * A failure says what was wrong in fields, not in prose, so that it crosses Comlink, the wire and
 * a result file unchanged; `failure-text.ts` turns it into a sentence with a next step.
 * `Failed` carries one through code that throws; readers return a `Result`.
 */

export type Failure =
  // What was asked for
  | { readonly code: "unknown-key"; readonly key: string; readonly known: readonly string[] }
  | { readonly code: "bad-value"; readonly key: string; readonly value: string; readonly expected: string }
  | { readonly code: "keys-conflict"; readonly keys: readonly string[]; readonly why: string }
  | { readonly code: "cut-out-of-range"; readonly cut: number; readonly blocks: number }
  | { readonly code: "empty-middle"; readonly cut: number; readonly tail: number; readonly blocks: number }
  /** Under `mode=auto`: how many ways each limit excludes, the most first. */
  | {
      readonly code: "no-plan";
      readonly options: number;
      readonly limits: readonly { readonly limit: string; readonly excludes: number }[];
    }
  | { readonly code: "unknown-model"; readonly model: string; readonly known: readonly string[] }
  | { readonly code: "prompt-too-long"; readonly tokens: number; readonly capacity: number }
  // The model's folder
  | {
      readonly code: "model-unsupported";
      readonly model: string;
      readonly what: string;
      readonly found: string;
      readonly supported: string;
    }
  | { readonly code: "model-broken"; readonly model: string; readonly file: string; readonly what: string }
  // Plugins
  | { readonly code: "plugin-unfit"; readonly file: string; readonly what: string }
  | { readonly code: "plugin-mismatch"; readonly page: readonly string[]; readonly edge: readonly string[] }
  // Fetching and storing shards
  | { readonly code: "download-failed"; readonly url: string; readonly status: number | null; readonly why: string }
  | { readonly code: "shard-corrupt"; readonly sha256: string; readonly from: "network" | "storage" | "file" }
  | { readonly code: "storage-full"; readonly neededBytes: number; readonly freeBytes: number | null }
  // The end device
  | { readonly code: "backend-unavailable"; readonly backend: string; readonly why: string }
  | { readonly code: "device-lost"; readonly backend: string; readonly why: string }
  | {
      readonly code: "out-of-memory";
      readonly tier: "device" | "edge";
      readonly what: string;
      readonly bytes: number | null;
    }
  // The link and the edge
  | { readonly code: "edge-unreachable"; readonly url: string; readonly why: string }
  | { readonly code: "edge-gone"; readonly url: string; readonly attempts: number }
  | { readonly code: "mixed-content"; readonly url: string }
  | { readonly code: "protocol-mismatch"; readonly page: string; readonly edge: string }
  | { readonly code: "manifest-mismatch"; readonly model: string; readonly page: string; readonly edge: string }
  | { readonly code: "access-denied"; readonly why: string }
  | {
      readonly code: "edge-full";
      readonly what: "sessions" | "memory" | "queue";
      readonly limit: number;
      readonly retryAfterMs: number;
    }
  | { readonly code: "edge-draining"; readonly retryAfterMs: number }
  /** An edge server passes on to those that its owner allowed, and to nobody else. */
  | { readonly code: "next-refused"; readonly endpoint: string; readonly flag: string }
  | { readonly code: "session-lost"; readonly session: string; readonly why: string }
  | { readonly code: "bad-frame"; readonly what: string; readonly offset: number | null }
  | { readonly code: "position-gap"; readonly position: number; readonly held: number }
  | { readonly code: "context-full"; readonly capacity: number }
  // Runs of an experiment
  /** Not tried: its cell failed `failures` times before, at last with `last`. */
  | { readonly code: "given-up"; readonly failures: number; readonly last: string }
  | { readonly code: "run-too-long"; readonly limitMs: number }
  // Endings that are nobody's fault
  | { readonly code: "stopped" }
  // A bug that surfaced: what was thrown, for the report
  | { readonly code: "internal"; readonly where: string; readonly what: string };

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
