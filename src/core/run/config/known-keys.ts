/**
 * Objects that come in from outside have no keys but those that mean something: a misspelt one that
 * is silently dropped would be a run that nobody asked for. Whoever is refused is told the nearest
 * right name first.
 */
import { fail, type Failure } from "../failure.ts";
import { nearestFirst } from "./nearest.ts";

/** `of` is what the object is called where it was given: "sabotage", "messages[0]". Null where every key is known. */
export function unknownKeyIn(given: object, known: readonly string[], of: string): Failure | null {
  const stray = Object.keys(given).find((key) => !known.includes(key));
  return stray === undefined ? null : { code: "unknown-key", key: stray, known: nearestFirst(stray, known), of };
}

/** Throws Failed with `unknown-key`. */
export function mustBeKnown(given: object, known: readonly string[], of: string): void {
  const failure = unknownKeyIn(given, known, of);
  if (failure !== null) fail(failure);
}
