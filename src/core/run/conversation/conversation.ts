/**
 * A conversation as messages: what the model wrote, parted at its role tokens, and its tool calls
 * read and answered by the simulated services. Contents are kept to the letter, so that the next
 * prompt begins with the very tokens that both KV caches hold.
 */
import { ROLES, type Message } from "../config.ts";
import { isRecord, readJson } from "../../schema/json.ts";
import { simulatedResult, type ToolCall } from "./simulated-services.ts";

const ROLE_TOKEN = new RegExp(`<\\|(${ROLES.join("|")})\\|>`);

/** The messages in a generated text. The model writes its own role token; text before the first one is the assistant's. */
export function messagesIn(text: string): readonly Message[] {
  const [before = "", ...rest] = text.split(ROLE_TOKEN);
  const first: readonly Message[] = before === "" ? [] : [{ role: "assistant", content: before }];
  const written = rest.flatMap((word, i): readonly Message[] => {
    const role = i % 2 === 0 ? ROLES.find((each) => each === word) : undefined;
    return role === undefined ? [] : [{ role, content: rest[i + 1] ?? "" }];
  });
  return [...first, ...written].filter(({ content }) => content !== "");
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

/** The content of a result message: compact JSON as the models learned it. `{}`, "nothing found", where no call can be read. */
export function resultFor(callContent: string): string {
  const call = readCall(callContent);
  return call === null ? "{}" : JSON.stringify(simulatedResult(call));
}
