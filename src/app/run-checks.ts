/**
 * What `window.cutlayer.run` is held to before it runs, apart from the first paint: options that are
 * read strictly, and what the models make impossible.
 */
import type { Result } from "#core/run/failure.ts";
import { isRecord } from "#core/run/json-reader.ts";
import type { TokenEvent } from "#core/run/record.ts";
import { RUN_OPTIONS } from "#core/run/run-options.ts";
import { looksLike, object, optional } from "#core/schema/schema.ts";
import { readStrictly } from "#core/schema/strict.ts";
import type { RunCallbacks } from "./automation.ts";

export { refusalOf } from "#core/run/possible.ts";

const callbacks = object({
  ...RUN_OPTIONS,
  signal: optional(looksLike<AbortSignal>((given) => given instanceof AbortSignal, "an AbortSignal")),
  onToken: optional(looksLike<(token: TokenEvent) => void>((given) => typeof given === "function", "a function")),
});

/** What is undefined is left out. */
export function readCallbacks(beside: unknown): Result<RunCallbacks> {
  const given = isRecord(beside)
    ? Object.fromEntries(Object.entries(beside).filter(([, value]) => value !== undefined))
    : beside;
  return readStrictly(callbacks, given, "options");
}
