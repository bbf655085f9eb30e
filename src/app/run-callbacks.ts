/**
 * What goes beside a config into `window.cutlayer.run`: read strictly, so that a misspelt option is
 * refused and not left out.
 */
import type { Result } from "#core/run/failure.ts";
import { isRecord } from "#core/schema/json.ts";
import type { TokenEvent } from "#core/run/record.ts";
import { RUN_OPTIONS, type RunOptions } from "#core/run/run-options.ts";
import { looksLike, object, optional } from "#core/schema/schema.ts";
import { readStrictly } from "#core/schema/strict.ts";

export interface RunCallbacks extends RunOptions {
  /** Stops the run; the record then says `stopped`. */
  readonly signal?: AbortSignal;
  readonly onToken?: (token: TokenEvent) => void;
}

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
