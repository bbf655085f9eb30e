/** Why an edge server refused somebody, as whoever stands beside it reads it; a code without words of its own is told as it is. */
import type { FailureCode } from "#core/run/failure.ts";
import type { EdgeStatus } from "#core/run/edge-status.ts";
import { count } from "../format/units.ts";

const WORDS: Partial<Readonly<Record<FailureCode, string>>> = {
  "access-denied": "without its token",
  "bad-frame": "sent what is no message",
  "bad-value": "asked for what cannot be",
  "class-refused": "not let into a class",
  "context-full": "longer than the model reads",
  "cut-out-of-range": "a cut that is not there",
  "edge-draining": "came while it shut down",
  "edge-full": "found no place",
  "keys-conflict": "asked for what cannot be",
  "manifest-mismatch": "have another version of the model",
  "next-refused": "named a server that is not allowed",
  "out-of-memory": "needed more memory than there is",
  "plugin-mismatch": "have other plugins",
  "position-gap": "left out a part",
  "prompt-too-long": "longer than the model reads",
  "protocol-mismatch": "have an older page",
  "session-lost": "came back to a place given away",
  "unknown-key": "asked for what cannot be",
  "unknown-model": "asked for a model that is not here",
};

const wordsOf = (code: string): string => Object.entries(WORDS).find(([known]) => known === code)?.[1] ?? code;

/** "2 found no place, 1 without its token". */
export function refusalText(refusals: EdgeStatus["refusals"]): string {
  const counts = new Map<string, number>();
  for (const { code, count: each } of refusals) counts.set(wordsOf(code), (counts.get(wordsOf(code)) ?? 0) + each);
  return [...counts].map(([words, each]) => `${count(each)} ${words}`).join(", ");
}
