/** The tool calls of a conversation: read, and answered by the simulated services. */
import { isRecord, readJson } from "../../schema/json.ts";
import { simulatedResult, type ToolCall } from "./simulated-services.ts";

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

/** The content of a result message: compact JSON as the models learned it. `{}`, "nothing found", where no call can be read. */
export function resultFor(callContent: string): string {
  const call = readCall(callContent);
  return call === null ? "{}" : JSON.stringify(simulatedResult(call));
}
