/** What a model wrote, for reading: text without its role tokens, a tool call or its result as name and values. */
import { messagesIn } from "#core/run/conversation/conversation.ts";
import { isRecord } from "#core/schema/json.ts";

/** What is said, of all turns that the text may hold. */
export const spokenIn = (text: string): string =>
  messagesIn(text)
    .map((message) => message.content)
    .join(" ");

export interface ReadableCall {
  readonly title: string | null;
  readonly pairs: readonly (readonly [string, string])[];
}

/** Null when it is not JSON: then it is shown as it stands. */
export function pairsOf(content: string): ReadableCall | null {
  const value = parsed(content);
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (!isRecord(one)) return null;
  const name = one["name"];
  const nested = one["arguments"];
  const title = typeof name === "string" && isRecord(nested) ? name : null;
  const body = title === null || !isRecord(nested) ? one : nested;
  return {
    title,
    pairs: Object.entries(body).map(
      ([key, each]) => [key, typeof each === "string" ? each : JSON.stringify(each)] as const,
    ),
  };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return null;
  }
}
