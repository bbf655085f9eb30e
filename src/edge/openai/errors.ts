/** Failures as this API's clients expect them: an HTTP status and an error object. */
import type { Failure, FailureCode } from "#core/run/failure.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";

export interface ApiError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string;
    };
  };
  readonly headers: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  /** What the clients know such an error by; left out, the failure's own code. */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const REQUEST: Answer = { status: 400, type: "invalid_request_error" };
const TOO_LONG: Answer = { ...REQUEST, code: "context_length_exceeded" };
const NO_MODEL: Answer = { status: 404, type: "invalid_request_error", code: "model_not_found" };
const NO_KEY: Answer = {
  status: 401,
  type: "authentication_error",
  code: "invalid_api_key",
  headers: { "WWW-Authenticate": "Bearer" },
};
/** Nothing that the client could have asked otherwise. */
const OURS: Answer = { status: 500, type: "server_error" };

const ANSWERS: Readonly<Record<FailureCode, Answer>> = {
  "unknown-key": REQUEST,
  "bad-value": REQUEST,
  "keys-conflict": REQUEST,
  "cut-out-of-range": OURS,
  "empty-middle": OURS,
  "no-plan": OURS,
  "unknown-model": NO_MODEL,
  "prompt-too-long": TOO_LONG,
  "model-unsupported": OURS,
  "model-broken": OURS,
  "plugin-unfit": OURS,
  "plugin-mismatch": OURS,
  "download-failed": OURS,
  "shard-corrupt": OURS,
  "storage-full": OURS,
  "disk-full": OURS,
  "history-unavailable": OURS,
  "backend-unavailable": OURS,
  "device-lost": OURS,
  "out-of-memory": OURS,
  "edge-unreachable": OURS,
  "edge-gone": OURS,
  "mixed-content": OURS,
  "protocol-mismatch": OURS,
  "manifest-mismatch": OURS,
  "access-denied": NO_KEY,
  "edge-full": { status: 429, type: "rate_limit_error" },
  "edge-draining": { status: 503, type: "server_error" },
  "next-refused": OURS,
  "session-lost": OURS,
  "bad-frame": OURS,
  "position-gap": OURS,
  "context-full": TOO_LONG,
  "class-refused": OURS,
  "given-up": OURS,
  "run-too-long": OURS,
  stopped: OURS,
  internal: OURS,
};

/** Retry-After counts in whole seconds. */
const retryAfter = (ms: number): Readonly<Record<string, string>> => ({
  "Retry-After": String(Math.max(1, Math.ceil(ms / 1000))),
});

export function apiError(failure: Failure): ApiError {
  const { title, detail, next } = describeFailure(failure);
  const { status, type, code = failure.code, headers = {} } = ANSWERS[failure.code];
  return {
    status,
    body: {
      error: {
        message: [title, detail, next].filter((sentence) => sentence !== "").join(" "),
        type,
        param: "key" in failure ? failure.key : null,
        code,
      },
    },
    headers: "retryAfterMs" in failure ? retryAfter(failure.retryAfterMs) : headers,
  };
}
