/**
 * Readers: functions from something unknown to a value of a known type. Composed into the shape
 * of a whole message they parse it once; the first thing that does not fit is thrown as a
 * `bad-value` failure naming the path to it, and `readWith` turns that into a `Result`.
 * Keys that a shape does not name are dropped, so that a newer sender may say more.
 */
import { Failed, fail, ok, refuse, type Failure, type Result } from "./failure.ts";

export type Reader<T> = (value: unknown, path: string) => T;
export type ReadBy<R> = R extends Reader<infer T> ? T : never;

/** What was found, short enough for a message. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return clipped(JSON.stringify(value));
    case "number":
    case "boolean":
    case "bigint":
      return clipped(String(value));
    case "undefined":
      return "nothing";
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
    default:
      return `a ${typeof value}`;
  }
}

const clipped = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

export function unfit(path: string, value: unknown, expected: string): never {
  return fail({ code: "bad-value", key: path, value: shown(value), expected });
}

export const text: Reader<string> = (value, path) => (typeof value === "string" ? value : unfit(path, value, "a text"));
export const flag: Reader<boolean> = (value, path) =>
  typeof value === "boolean" ? value : unfit(path, value, "true or false");
export const number: Reader<number> = (value, path) =>
  typeof value === "number" && Number.isFinite(value) ? value : unfit(path, value, "a finite number");

export const whole =
  (least: number, most: number = Number.MAX_SAFE_INTEGER): Reader<number> =>
  (value, path) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most
      ? value
      : unfit(
          path,
          value,
          most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`,
        );

export const atLeast =
  (least: number): Reader<number> =>
  (value, path) =>
    number(value, path) >= least ? number(value, path) : unfit(path, value, `a number from ${least}`);

export const matching =
  (pattern: RegExp, expected: string): Reader<string> =>
  (value, path) =>
    pattern.test(text(value, path)) ? text(value, path) : unfit(path, value, expected);

export const oneOf =
  <const T extends string | number>(...choices: readonly T[]): Reader<T> =>
  (value, path) =>
    choices.find((choice) => choice === value) ?? unfit(path, value, `one of ${choices.join(", ")}`);

export const nullable =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (value, path) =>
    value === null ? null : reader(value, path);

export const list =
  <T>(item: Reader<T>): Reader<readonly T[]> =>
  (value, path) =>
    Array.isArray(value)
      ? value.map((entry: unknown, index) => item(entry, `${path}[${index}]`))
      : unfit(path, value, "a list");

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Shape = Readonly<Record<string, Reader<unknown>>>;
type ReadShape<S extends Shape> = { readonly [K in keyof S]: ReadBy<S[K]> };

export function object<const S extends Shape>(shape: S): Reader<ReadShape<S>> {
  return (value, path) => {
    if (!isRecord(value)) return unfit(path, value, "an object");
    const read: Record<string, unknown> = {};
    for (const [key, reader] of Object.entries(shape))
      read[key] = reader(Object.hasOwn(value, key) ? value[key] : undefined, path === "" ? key : `${path}.${key}`);
    return fills(shape, read) ? read : unfit(path, value, "an object");
  };
}

/** Each key of the shape holds what its own reader returned. */
const fills = <S extends Shape>(shape: S, read: object): read is ReadShape<S> =>
  Object.keys(shape).every((key) => Object.hasOwn(read, key));

export function readWith<T>(reader: Reader<T>, value: unknown, path = ""): Result<T> {
  try {
    return ok(reader(value, path));
  } catch (thrown) {
    if (thrown instanceof Failed) return refuse(thrown.failure);
    throw thrown;
  }
}

/** The value of a JSON text, or null with the reason: `JSON.parse` is the one reader that throws on its input. */
export function readJson(source: string): { readonly value: unknown } | { readonly why: string } {
  try {
    const value: unknown = JSON.parse(source);
    return { value };
  } catch (thrown) {
    return { why: thrown instanceof Error ? thrown.message : "not JSON" };
  }
}

/** A `bad-value` inside a message, as the fault of that message. */
export function asBadFrame(failure: Failure, message: string): Failure {
  if (failure.code !== "bad-value") return failure;
  return {
    code: "bad-frame",
    what: `${message}: ${failure.key || "it"} should be ${failure.expected}, got ${failure.value}`,
    offset: null,
  };
}
