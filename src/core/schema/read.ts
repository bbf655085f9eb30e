/**
 * Reading by a schema: anything to a value of its type, or to the failure that names the first thing
 * that does not fit.
 */
import * as z from "zod/mini";
import { fail, ok, refuse, unwrap, type Failure, type Result } from "../run/failure.ts";
import { isRecord, shown } from "./json.ts";
import type { Value } from "./schema.ts";

/**
 * Failures: bad-value with the path to the first thing that does not fit, what stands there and what should.
 */
export function readWith<S extends z.ZodMiniType>(schema: S, value: unknown, path = ""): Result<Value<S>> {
  const read = parsed(schema, value);
  if (read === null) return refuse(badValue(path, value, "something with fewer faults: so many cannot be told"));
  if (read.success) return ok(read.data);
  const [issue] = read.error.issues;
  return refuse(issue === undefined ? badValue(path, value, "something else") : failureOf(issue, path));
}

/** Null where more is wrong than zod can gather: it passes what it finds on as arguments of one call. */
function parsed<S extends z.ZodMiniType>(schema: S, value: unknown): z.core.util.SafeParseResult<Value<S>> | null {
  try {
    return z.safeParse(schema, value, { reportInput: true });
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}

/** At a tag that selects nothing the value is the whole object: what stands at the tag is meant. */
function failureOf(issue: z.core.$ZodIssue, path: string): Failure {
  const at = pathOf(path, issue.path);
  if (issue.code === "unrecognized_keys")
    return badValue(pathOf(at, issue.keys.slice(0, 1)), issue.keys[0], issue.message);
  if (issue.code !== "invalid_union" || !("options" in issue)) return badValue(at, issue.input, issue.message);
  const tagged = isRecord(issue.input) ? issue.input[issue.discriminator ?? ""] : undefined;
  return badValue(at, tagged, `one of ${(issue.options ?? []).map(String).join(", ")}`);
}

const badValue = (key: string, value: unknown, expected: string): Failure => ({
  code: "bad-value",
  key,
  value: shown(value),
  expected,
});

/** `charts[0].kind`, behind what the whole is called. */
const pathOf = (start: string, keys: readonly PropertyKey[]): string =>
  keys.reduce<string>(
    (path, key) => (typeof key === "number" ? `${path}[${key}]` : path === "" ? String(key) : `${path}.${String(key)}`),
    start,
  );

/** Something unknown to a value of a known type. Throws Failed: for what no schema can say, such as text in place of a value. */
export type Reader<T> = (value: unknown, path: string) => T;

/** Throws Failed with `bad-value`. */
export const unfit = (path: string, value: unknown, expected: string): never => fail(badValue(path, value, expected));

/** A schema as a function that throws its failure: inside readers that are made of more than one. */
export const asReader =
  <S extends z.ZodMiniType>(schema: S): Reader<Value<S>> =>
  (value, path) =>
    unwrap(readWith(schema, value, path));

/** The entries of a list that fit; the others are left out. */
export const fitting = <S extends z.ZodMiniType>(schema: S, value: unknown): readonly Value<S>[] =>
  (Array.isArray(value) ? value : []).flatMap((each: unknown) => {
    const read = readWith(schema, each);
    return read.ok ? [read.value] : [];
  });
