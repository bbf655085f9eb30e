/** Failures as this API's clients expect them: an HTTP status and an error object. */
import type { Failure } from "#core/run/failure.ts";
import { describeFailure } from "#core/run/failure-text.ts";

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

/** Retry-After counts in whole seconds. */
const retryAfter = (ms: number): Readonly<Record<string, string>> => ({
  "Retry-After": String(Math.max(1, Math.ceil(ms / 1000))),
});

export function apiError(failure: Failure): ApiError {
  const { title, detail, next } = describeFailure(failure);
  const make = (
    status: number,
    type: string,
    code: string = failure.code,
    headers: Readonly<Record<string, string>> = {},
  ): ApiError => ({
    status,
    body: {
      error: {
        message: [title, detail, next].filter((sentence) => sentence !== "").join(" "),
        type,
        param: "key" in failure ? failure.key : null,
        code,
      },
    },
    headers,
  });
  switch (failure.code) {
    case "access-denied":
      return make(401, "authentication_error", "invalid_api_key", { "WWW-Authenticate": "Bearer" });
    case "unknown-model":
      return make(404, "invalid_request_error", "model_not_found");
    case "prompt-too-long":
    case "context-full":
      return make(400, "invalid_request_error", "context_length_exceeded");
    case "edge-full":
      return make(429, "rate_limit_error", failure.code, retryAfter(failure.retryAfterMs));
    case "edge-draining":
      return make(503, "server_error", failure.code, retryAfter(failure.retryAfterMs));
    case "bad-value":
    case "unknown-key":
    case "keys-conflict":
      return make(400, "invalid_request_error");
    default:
      return make(500, "server_error");
  }
}
