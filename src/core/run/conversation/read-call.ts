/** A tool call of a conversation: what a model asks a service for. */
import { isRecord, readJson } from "../../schema/json.ts";

export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** A call's JSON as name and arguments; null when the model did not write a whole one. */
export function readCall(content: string): ToolCall | null {
  const read = readJson(content);
  const call = "value" in read ? read.value : null;
  if (!isRecord(call) || typeof call["name"] !== "string" || !isRecord(call["arguments"])) return null;
  const given = Object.entries(call["arguments"]).map(([key, value]): [string, string] => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { name: call["name"], arguments: Object.fromEntries(given) };
}
