/**
 * How a model marks whose turn it is. Ours write the role themselves as a control token, `call`
 * for a tool call and `result` for its answer; other models have a template that does it, and get
 * the roles as they come.
 */
import { refuse, ok, type Result } from "#core/run/failure.ts";
import { isRecord, readJson } from "#core/schema/json.ts";
import type { Tokenizer } from "#engine/ports.ts";
import type { ChatMessage, ToolChoice } from "./requests.ts";

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

/** How an answer has to begin; null leaves it to the model. */
export type Opening = { readonly kind: "assistant" } | { readonly kind: "call"; readonly name: string | null } | null;

/** A model that writes its roles says by the first one whether it calls: so that can be said for it. */
export function openingFor(choice: ToolChoice, tools: readonly string[]): Opening {
  if (choice === "auto") return null;
  if (choice === "none") return { kind: "assistant" };
  if (choice !== "required") return { kind: "call", name: choice.name };
  const [only, ...others] = tools;
  return { kind: "call", name: others.length === 0 ? (only ?? null) : null };
}

/** The beginning of a call of this name, as our models write one. Its quote is left to the model: it stands in one token with what follows. */
export const callBegun = (name: string): string => `{"name":${JSON.stringify(name).slice(0, -1)}`;

/**
 * The conversation as ids. A model of ours has no word for the system's role: what stands there goes
 * before the first user's words, as other models' templates do it. Failures: bad-value.
 */
export function promptOf(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  opening: Opening = null,
): Result<readonly number[]> {
  if (!writesRoles(tokenizer)) return ok(tokenizer.conversation(messages));
  const turns = (marks(tokenizer, "system") ? messages : withoutSystem(messages)).flatMap(turnsOf);
  if (turns.length === 0)
    return refuse({ code: "bad-value", key: "messages", value: "system alone", expected: "a message of the user's" });
  const begun = opening === null ? turns : [...turns, { role: opening.kind, content: "" }];
  const ids = tokenizer.conversation(begun);
  const named = opening?.kind === "call" && opening.name !== null ? tokenizer.encode(callBegun(opening.name)) : [];
  return ok([...ids, ...named]);
}

function withoutSystem(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const said = messages.flatMap(({ role, content }) => (role === "system" && content !== "" ? [content] : []));
  const others = messages.filter(({ role }) => role !== "system");
  const first = others.findIndex(({ role }) => role === "user");
  return others.map((message, at) =>
    at === first ? { ...message, content: [...said, message.content].join("\n\n") } : message,
  );
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

/** A call that was cut off: its name, if that was finished, and what there is of its arguments. */
export function readCutCall(written: string): ApiToolCall | null {
  const [, name, given = ""] = /^\s*\{"name":("(?:[^"\\]|\\.)*")(?:,\s*"arguments":([\s\S]*))?/.exec(written) ?? [];
  const read = name === undefined ? null : readJson(name);
  return read !== null && "value" in read && typeof read.value === "string"
    ? { name: read.value, arguments: given }
    : null;
}
