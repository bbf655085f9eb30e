/**
 * The JSON Schema (draft 2020-12) of a schema, for files that others read. Apart from `schema.ts`, so that the
 * page loads it only when a file is written.
 */
import * as z from "zod/mini";

/** Every value that is read is frozen; that says nothing about a file, so `readOnly` is left out. */
export const jsonSchemaOf = (schema: z.ZodMiniType): object =>
  z.toJSONSchema(schema, {
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  });
