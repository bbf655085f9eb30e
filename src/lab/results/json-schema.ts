/**
 * The few words of JSON Schema (draft 2020-12) that our files need, tied to the types that they
 * describe: `shape` wants a schema for every key of a type and the very keys that may be left out,
 * so a key that is added to a type without its schema does not compile. `misfits` checks a value.
 */
import { isRecord } from "#core/run/json-reader.ts";

export type JsonSchema =
  | {
      readonly type: "object";
      readonly properties: Readonly<Record<string, JsonSchema>>;
      readonly required: readonly string[];
      readonly additionalProperties: boolean;
      readonly description?: string;
    }
  | { readonly type: "array"; readonly items: JsonSchema; readonly description?: string }
  | { readonly type: "string" | "number" | "integer" | "boolean" | "null"; readonly description?: string }
  | { readonly enum: readonly (string | number | boolean)[]; readonly description?: string }
  | { readonly anyOf: readonly JsonSchema[]; readonly description?: string };

type OptionalKeys<T> = {
  [K in keyof T]-?: undefined extends T[K] ? K : Record<never, never> extends Pick<T, K> ? K : never;
}[keyof T];

/** Keys of `properties` are those of T, keys of `optional` those that T may lack; nothing else is allowed in a value. */
export function shape<T extends object>(
  properties: { readonly [K in keyof T]-?: JsonSchema },
  optional: { readonly [K in OptionalKeys<T>]: true },
): JsonSchema {
  return {
    type: "object",
    properties: { ...properties },
    required: Object.keys(properties).filter((key) => !(key in optional)),
    additionalProperties: false,
  };
}

/** An object of which only these keys are promised. */
export const open = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: true,
});

export const TEXT: JsonSchema = { type: "string" };
export const NUMBER: JsonSchema = { type: "number" };
export const WHOLE: JsonSchema = { type: "integer" };
export const FLAG: JsonSchema = { type: "boolean" };
export const listOf = (items: JsonSchema): JsonSchema => ({ type: "array", items });
export const oneOf = (...values: readonly (string | number)[]): JsonSchema => ({ enum: values });
export const either = (...schemas: readonly JsonSchema[]): JsonSchema => ({ anyOf: schemas });
export const orNull = (schema: JsonSchema): JsonSchema => either(schema, { type: "null" });

/** Where a value does not fit, each with its path; none when it does. */
export function misfits(schema: JsonSchema, value: unknown, path = "$"): readonly string[] {
  if ("anyOf" in schema) {
    const tried = schema.anyOf.map((each) => misfits(each, value, path));
    return tried.some((each) => each.length === 0) ? [] : (tried.toSorted((a, b) => b.length - a.length)[0] ?? []);
  }
  if ("enum" in schema)
    return schema.enum.some((each) => each === value) ? [] : [`${path} is none of ${schema.enum.join(", ")}`];
  if (schema.type === "array")
    return Array.isArray(value)
      ? value.flatMap((each: unknown, index) => misfits(schema.items, each, `${path}[${index}]`))
      : [`${path} is no list`];
  if (schema.type !== "object") return isOf(schema.type, value) ? [] : [`${path} is no ${schema.type}`];
  if (!isRecord(value)) return [`${path} is no object`];
  const missing = schema.required.filter((key) => !Object.hasOwn(value, key)).map((key) => `${path}.${key} is missing`);
  const strange = schema.additionalProperties
    ? []
    : Object.keys(value)
        .filter((key) => !Object.hasOwn(schema.properties, key))
        .map((key) => `${path}.${key} is not in the schema`);
  const inner = Object.entries(schema.properties).flatMap(([key, each]) =>
    Object.hasOwn(value, key) ? misfits(each, value[key], `${path}.${key}`) : [],
  );
  return [...missing, ...strange, ...inner];
}

function isOf(type: "string" | "number" | "integer" | "boolean" | "null", value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
