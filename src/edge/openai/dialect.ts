/**
 * How a model marks whose turn it is. Ours write the role themselves as a control token, `call`
 * for a tool call and `result` for its answer; other models have a template that does it, and get
 * the roles as they come.
 */
import { refuse, ok, type Result } from "#core/run/failure.ts";
import { isRecord, readJson } from "#core/schema/json.ts";
import type { Tokenizer } from "#engine/ports.ts";
import type { ChatMessage } from "./requests.ts";

export interface ApiToolCall {
  readonly name: string;
  /** JSON, as the API wants it. */
  readonly arguments: string;
}

/** What a token opens, if anything. */
export type FirstRole = "call" | "assistant" | "text";

const marker = (role: string): string => `<|${role}|>`;

/** The model has a control token for this role. */
const marks = (tokenizer: Tokenizer, role: string): boolean =>
  tokenizer.conversation([{ role, content: "" }]).some((id) => tokenizer.decode([id]) === marker(role));

export const writesRoles = (tokenizer: Tokenizer): boolean => marks(tokenizer, "call") && marks(tokenizer, "assistant");

export function openingOf(tokenizer: Tokenizer, id: number): FirstRole {
  const text = tokenizer.decode([id]);
  return text === marker("call") ? "call" : text === marker("assistant") ? "assistant" : "text";
}

/** The conversation as ids. A model without a word for a role is not fed that role's text as something else. */
export function promptOf(tokenizer: Tokenizer, messages: readonly ChatMessage[]): Result<readonly number[]> {
  if (!writesRoles(tokenizer)) return ok(tokenizer.conversation(messages));
  const system = messages.findIndex(({ role }) => role === "system");
  if (system >= 0 && !marks(tokenizer, "system")) {
    return refuse({
      code: "bad-value",
      key: `messages[${system}].role`,
      value: '"system"',
      expected: "user, assistant or tool: this model was trained without system messages",
    });
  }
  return ok(tokenizer.conversation(messages.flatMap(turnsOf)));
}

function turnsOf({
  role,
  content,
  calls,
}: ChatMessage): readonly { readonly role: string; readonly content: string }[] {
  if (role === "tool") return [{ role: "result", content }];
  const turns = calls.map((call) => ({
    role: "call",
    content: `{"name":${JSON.stringify(call.name)},"arguments":${call.arguments}}`,
  }));
  return content === "" && turns.length > 0 ? turns : [{ role, content }, ...turns];
}

/** What a model wrote after `<|call|>`, or null where it is no call. */
export function readCall(written: string): ApiToolCall | null {
  const json = readJson(written.trim());
  if (!("value" in json) || !isRecord(json.value) || typeof json.value["name"] !== "string") return null;
  return { name: json.value["name"], arguments: JSON.stringify(json.value["arguments"] ?? {}) };
}
