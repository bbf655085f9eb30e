/**
 * Strict reading: as `readWith`, and a key that no object of the schema names is refused. The reader
 * chooses, not the schema: a file that a newer version wrote may say more, an argument may not.
 */
import * as z from "zod/mini";
import { refuse, type Failure, type Result } from "../run/failure.ts";
import { isRecord } from "./json.ts";
import { unknownKeyIn } from "../run/config/known-keys.ts";
import { readWith } from "./read.ts";
import type { Value } from "./schema.ts";

/** Failures: unknown-key with the nearest right name first, and those of `readWith`. */
export function readStrictly<S extends z.ZodMiniType>(schema: S, value: unknown, path: string): Result<Value<S>> {
  const stray = strayIn(schema, value, path);
  return stray === null ? readWith(schema, value, path) : refuse(stray);
}

/** The first key that is not known, walking value and schema side by side; what does not fit otherwise is `readWith`'s to say. */
function strayIn(schema: unknown, value: unknown, path: string): Failure | null {
  if (isWrapper(schema)) return strayIn(schema._zod.def.innerType, value, path);
  if (schema instanceof z.ZodMiniArray && Array.isArray(value))
    return firstOf(
      value.map((each: unknown, index) => () => strayIn(schema._zod.def.element, each, `${path}[${index}]`)),
    );
  if (!isRecord(value)) return null;
  if (schema instanceof z.ZodMiniDiscriminatedUnion) return strayIn(chosen(schema, value), value, path);
  if (schema instanceof z.ZodMiniRecord) return strayInRecord(schema, value, path);
  if (!(schema instanceof z.ZodMiniObject)) return null;
  const shape: Readonly<Record<string, unknown>> = schema._zod.def.shape;
  return (
    unknownKeyIn(value, Object.keys(shape), path) ??
    firstOf(
      Object.entries(value).map(
        ([key, each]) =>
          () =>
            strayIn(shape[key], each, `${path}.${key}`),
      ),
    )
  );
}

const isWrapper = (schema: unknown) =>
  schema instanceof z.ZodMiniReadonly ||
  schema instanceof z.ZodMiniNullable ||
  schema instanceof z.ZodMiniExactOptional;

function strayInRecord(
  schema: z.ZodMiniRecord,
  value: Readonly<Record<string, unknown>>,
  path: string,
): Failure | null {
  const { keyType, valueType } = schema._zod.def;
  const known = keyType instanceof z.ZodMiniLiteral ? keyType._zod.def.values.map(String) : Object.keys(value);
  return (
    unknownKeyIn(value, known, path) ??
    firstOf(
      Object.entries(value).map(
        ([key, each]) =>
          () =>
            strayIn(valueType, each, `${path}.${key}`),
      ),
    )
  );
}

/** The variant whose tag the value has; undefined where none is. */
const chosen = (schema: z.ZodMiniDiscriminatedUnion, value: Readonly<Record<string, unknown>>): unknown => {
  const { discriminator, options } = schema._zod.def;
  return options.find((option) => option._zod.propValues?.[discriminator]?.has(primitive(value[discriminator])));
};

const primitive = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function firstOf(looks: readonly (() => Failure | null)[]): Failure | null {
  for (const look of looks) {
    const failure = look();
    if (failure !== null) return failure;
  }
  return null;
}
