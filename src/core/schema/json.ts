/** JSON before any schema has seen it: text to a value, whether that is an object, and a value in a few words. */

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

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value of a JSON text, or the reason why it has none: `JSON.parse` is the one reader that throws on its input. */
export function readJson(source: string): { readonly value: unknown } | { readonly why: string } {
  try {
    const value: unknown = JSON.parse(source);
    return { value };
  } catch (thrown) {
    return { why: thrown instanceof Error ? thrown.message : "not JSON" };
  }
}
