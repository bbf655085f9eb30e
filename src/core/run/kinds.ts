/**
 * The kinds of run, as a table: each has its own config and record, and both extend what all share
 * (`SharedConfig`, `SharedRecord`). A further kind is a row of `RunKinds` and a reader of its config.
 * An address, or a value given to the API, that names no kind means `generate`.
 */
import type { GenerateConfig, SharedConfig } from "./config.ts";
import { ok, refuse, type Result } from "./failure.ts";
import { isRecord, shown } from "../schema/json.ts";
import { parseConfig, type ParsePurpose } from "./config/parse-config.ts";
import type { GenerateRecord, SharedRecord } from "./record.ts";

export interface RunKinds {
  /** Tokens behind a prompt, or their log-probabilities. */
  readonly generate: Kind<GenerateConfig, GenerateRecord>;
}

/** A config and a record that hold what all kinds share. */
interface Kind<C extends SharedConfig, R extends SharedRecord<C>> {
  readonly config: C;
  readonly record: R;
}

export type RunKind = keyof RunKinds;

/** What is asked for, of whichever kind. */
export type Run = { readonly [K in RunKind]: { readonly kind: K; readonly config: RunKinds[K]["config"] } }[RunKind];

type Readers = {
  readonly [K in RunKind]: (input: unknown, purpose: ParsePurpose) => Result<Extract<Run, { readonly kind: K }>>;
};

const READERS: Readers = {
  generate: (input, purpose) => {
    const config = parseConfig(input, purpose);
    return config.ok ? ok({ kind: "generate", config: config.value }) : config;
  },
};

const isRunKind = (kind: unknown): kind is RunKind => typeof kind === "string" && Object.hasOwn(READERS, kind);

/** `kind` chooses the reader of all other keys. */
export function parseRun(input: unknown, purpose: ParsePurpose = "run"): Result<Run> {
  const { kind = "generate", ...keys } = isRecord(input) ? input : {};
  if (isRunKind(kind)) return READERS[kind](isRecord(input) ? keys : input, purpose);
  return refuse({
    code: "bad-value",
    key: "kind",
    value: shown(kind),
    expected: `one of ${Object.keys(READERS).join(", ")}`,
  });
}
