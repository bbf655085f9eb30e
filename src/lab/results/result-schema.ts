/** The JSON Schema of a result file's lines, as `public/schemas/result-line.json` has it: that of the very schemas that read one. */
import { jsonSchemaOf } from "#core/schema/json-schema.ts";
import { resultLine } from "./results.ts";

export const resultSchemaText = (): string =>
  `${JSON.stringify({ title: "A line of a Cutlayer result file", ...jsonSchemaOf(resultLine) }, null, 1)}\n`;
