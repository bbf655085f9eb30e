/**
 * Schemas: values from which a type (`Value<typeof schema>`), a reader (`read.ts`) and a JSON Schema
 * (`json-schema.ts`) follow, so that no key is stated twice. Zod does the work; these are its pieces with
 * the words that a failure has for what should have been there. Keys that an object does not name are
 * dropped, so that a newer sender may say more. What is read is frozen, as its type says. All of them are
 * marked as free of side effects: a schema that a script does not use is then not in it.
 */
import * as z from "zod/mini";

// Zod would try to make code of text, which the page's content policy refuses.
z.config({ jitless: true });

/** Reads anything into a T. */
export type Schema<T> = z.ZodMiniType<T>;
export type AnySchema = z.ZodMiniType;
export type Value<S extends AnySchema> = z.output<S>;

export const text = z.string("a text");
export const flag = z.boolean("true or false");
export const number = z.number("a finite number");

/** A whole number from `least` to `most`; `what` stands before it: "a seed". */
/* @__NO_SIDE_EFFECTS__ */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER, what?: string) {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  const expected = `${what === undefined ? "" : `${what}, `}a whole number ${range}`;
  return z.int(expected).check(z.gte(least, expected), z.lte(most, expected));
}

/** A number from `least` to `most`, and what it means: "a share from 0 to 1". */
/* @__NO_SIDE_EFFECTS__ */
export const between = (least: number, most: number, expected: string) =>
  z.number(expected).check(z.gte(least, expected), z.lte(most, expected));

/* @__NO_SIDE_EFFECTS__ */
export function atLeast(least: number) {
  const expected = `a number from ${least}`;
  return z.number(expected).check(z.gte(least, expected));
}

/* @__NO_SIDE_EFFECTS__ */
export const matching = (pattern: RegExp, expected: string) => z.string(expected).check(z.regex(pattern, expected));

/** By which shards, manifests and plugins are named. */
export const sha256 = matching(/^[0-9a-f]{64}$/, "a SHA-256 in hex");

/* @__NO_SIDE_EFFECTS__ */
export const oneOf = <const T extends string | number>(...choices: readonly T[]) =>
  z.literal([...choices], `one of ${choices.join(", ")}`);

/** This value and no other. */
/* @__NO_SIDE_EFFECTS__ */
export const only = <const T extends string | number | boolean>(value: T, expected: string) =>
  z.literal(value, expected);

/** The number of a file's schema: what a later version wrote is whole, and only that version can say what it means. */
/* @__NO_SIDE_EFFECTS__ */
export const schemaNumber = <const N extends number>(known: N) =>
  z.literal(known, {
    error: ({ input }) =>
      typeof input === "number" && input > known
        ? `${known} or an earlier schema: a newer version of Cutlayer wrote this, and can open it`
        : `one of ${known}`,
  });

/** An object of which nothing is known. */
/* @__NO_SIDE_EFFECTS__ */
export const anyObject = (expected: string) => z.record(z.string(), z.unknown(), expected);

/* @__NO_SIDE_EFFECTS__ */
export const nullable = <S extends z.ZodMiniType>(schema: S) => z.nullable(schema);
/** A key that may be left out, and is never undefined. */
/* @__NO_SIDE_EFFECTS__ */
export const optional = <S extends z.ZodMiniType>(schema: S) => z.exactOptional(schema);

/** Left out and null are the same, and come to `otherwise`. */
/* @__NO_SIDE_EFFECTS__ */
export const orElse = <S extends z.ZodMiniType, const D>(schema: S, otherwise: D) =>
  z.pipe(
    z.optional(z.nullable(schema)),
    z.transform((value: z.output<S> | null | undefined): z.output<S> | D => value ?? otherwise),
  );

/** What passes one schema, made into something else. */
/* @__NO_SIDE_EFFECTS__ */
export const into = <S extends z.ZodMiniType, T>(schema: S, make: (value: z.output<S>) => T) =>
  z.pipe(schema, z.transform(make));

/** Anything, made ready for a schema first. */
/* @__NO_SIDE_EFFECTS__ */
export const fromAnything = <S extends z.ZodMiniType>(prepare: (value: unknown) => unknown, schema: S) =>
  z.pipe(z.transform(prepare), schema);

/* @__NO_SIDE_EFFECTS__ */
export const list = <S extends z.ZodMiniType>(item: S) => z.readonly(z.array(item, "a list"));
/** `fewest` entries at least: "codecs by name, at least one". */
/* @__NO_SIDE_EFFECTS__ */
export const listOf = <S extends z.ZodMiniType>(item: S, fewest: number, expected: string) =>
  z.readonly(z.array(item, expected).check(z.minLength(fewest, expected)));

/** A list of one. */
/* @__NO_SIDE_EFFECTS__ */
export const listOfOne = <S extends z.ZodMiniType>(item: S, expected: string) => z.tuple([item], expected);

export type Shape = Readonly<Record<string, z.ZodMiniType>>;
/* @__NO_SIDE_EFFECTS__ */
export const object = <const S extends Shape>(shape: S) => z.readonly(z.object(shape, "an object"));

/** Some of the keys, each with a value: what stands under a key that is none of them is refused. */
/* @__NO_SIDE_EFFECTS__ */
export const record = <const K extends string, S extends z.ZodMiniType>(
  keys: readonly K[],
  item: S,
  expected: string,
) =>
  z.readonly(
    z.partialRecord(z.literal([...keys]), item, {
      error: ({ code }) => (String(code) === "unrecognized_keys" ? `one of ${keys.join(", ")}` : expected),
    }),
  );

/** Any of a few schemas, tried in order. */
/* @__NO_SIDE_EFFECTS__ */
export const either = <const S extends readonly [z.ZodMiniType, ...z.ZodMiniType[]]>(expected: string, ...schemas: S) =>
  z.union(schemas, expected);

/** One of several objects, told apart by the value at `tag`; each is made by `object`. */
/* @__NO_SIDE_EFFECTS__ */
export const variants = <const S extends readonly [Variant, ...Variant[]]>(tag: string, ...objects: S) =>
  z.discriminatedUnion(tag, objects);
type Variant = z.core.$ZodTypeDiscriminable & z.ZodMiniType;

/** The same schema, with a sentence in its JSON Schema. */
/* @__NO_SIDE_EFFECTS__ */
export const described = <S extends z.ZodMiniType>(schema: S, description: string): S =>
  schema.check(z.describe(description));

/** What a schema lets through and a test refuses: the words say what would pass. */
/* @__NO_SIDE_EFFECTS__ */
export const holding = <S extends z.ZodMiniType>(
  schema: S,
  test: (value: z.output<S>) => boolean,
  expected: string,
): S => schema.check(z.refine(test, expected));

/** What is wrong within a value: where, what stands there, and what would pass. */
export interface Misfit {
  readonly at: readonly (string | number)[];
  readonly found: unknown;
  readonly expected: string;
}

/** What a schema lets through and a rule between its parts refuses, naming the part. */
/* @__NO_SIDE_EFFECTS__ */
export const ruled = <S extends z.ZodMiniType>(schema: S, misfitIn: (value: z.output<S>) => Misfit | null): S =>
  schema.check(({ value, issues }) => {
    const misfit = misfitIn(value);
    if (misfit !== null)
      issues.push({ code: "custom", path: [...misfit.at], input: misfit.found, message: misfit.expected });
  });

/** Values of a type that something else vouches for: what is tested is that they look like one. */
/* @__NO_SIDE_EFFECTS__ */
export const looksLike = <T>(test: (value: unknown) => boolean, expected: string): Schema<T> =>
  z.custom<T>(test, expected);
