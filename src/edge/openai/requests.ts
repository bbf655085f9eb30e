/**
 * What the OpenAI-compatible endpoints are asked, parsed once. Keys that would change the answer
 * and that this server does not know how to honour are refused, never ignored; keys that only tell
 * a server about its client are dropped. Of `tools` the names are read: our models call the services
 * they were trained on, and only a call that the client offered is told as one.
 * Source: the OpenAI API reference, /v1/completions and /v1/chat/completions.
 */
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { refuse, type Failure, type Result } from "#core/run/failure.ts";
import { readWith } from "#core/schema/read.ts";
import {
  anyObject,
  between,
  either,
  flag,
  holding,
  into,
  list,
  listOf,
  listOfOne,
  object,
  oneOf,
  only,
  orElse,
  text,
  whole,
  type AnySchema,
  type Value,
} from "#core/schema/schema.ts";

export interface GenerationSettings {
  readonly sampling: Omit<SamplingSettings, "seed"> & { readonly seed: number | null };
  /** Null leaves it to the endpoint. */
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly usageInStream: boolean;
}

/** A message as it came: `calls` are an assistant's tool calls. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
}

/** Which calls the answer may be: none, the model's choice, some call, or one of this name. */
export type ToolChoice = "none" | "auto" | "required" | { readonly name: string };

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Names of the tools that the client offers. */
  readonly tools: readonly string[];
  readonly toolChoice: ToolChoice;
  readonly generation: GenerationSettings;
}

export interface CompletionRequest {
  readonly model: string;
  readonly prompt: string | readonly number[];
  readonly generation: GenerationSettings;
}

/** A key that may be there only with the value that changes nothing. */
const neutral = <const T extends string | number | boolean>(value: T) =>
  orElse(only(value, `${String(value)}: nothing else is supported here`), null);

/** Keys of other servers that change what is chosen: taken only with the value that changes nothing. */
const unknownHere = <S extends AnySchema>(nothing: S) =>
  orElse(
    into(nothing, () => null),
    null,
  );
const NOT_HERE = "left out: it is not supported here";
const absent = unknownHere(only("", NOT_HERE));
const OTHERS = {
  min_p: neutral(0),
  typical_p: neutral(1),
  repetition_penalty: neutral(1),
  min_tokens: neutral(0),
  ignore_eos: neutral(false),
  use_beam_search: neutral(false),
  stop_token_ids: unknownHere(holding(list(whole(0)), (ids) => ids.length === 0, NOT_HERE)),
  bad_words: unknownHere(holding(list(text), (words) => words.length === 0, NOT_HERE)),
  grammar: absent,
  guided_json: absent,
  guided_regex: absent,
  guided_choice: absent,
  guided_grammar: absent,
} as const;

const STOPS = "up to four texts that are not empty";
const stops = holding(
  either(
    STOPS,
    into(text, (stop): readonly string[] => [stop]),
    list(text),
  ),
  (read) => read.length <= 4 && read.every((stop) => stop !== ""),
  STOPS,
);

const NO_BIAS = "no biases: they are not supported here";
const noBias = holding(anyObject(NO_BIAS), (biases) => Object.keys(biases).length === 0, NO_BIAS);

const GENERATION = {
  model: text,
  temperature: orElse(between(0, 2, "a number from 0 to 2"), 1),
  top_p: orElse(between(0, 1, "a number from 0 to 1"), 1),
  top_k: orElse(whole(0), 0),
  max_tokens: orElse(whole(1), null),
  seed: orElse(whole(Number.MIN_SAFE_INTEGER), null),
  stop: orElse(stops, []),
  stream: orElse(flag, false),
  stream_options: orElse(object({ include_usage: orElse(flag, false) }), { include_usage: false }),
  n: neutral(1),
  logit_bias: orElse(
    into(noBias, () => null),
    null,
  ),
  response_format: orElse(object({ type: neutral("text") }), null),
  presence_penalty: neutral(0),
  frequency_penalty: neutral(0),
  ...OTHERS,
} as const;

const parts = into(list(object({ type: oneOf("text"), text })), (all) => all.map((part) => part.text).join(""));
const content = orElse(either("a text, or a list of parts with text", text, parts), "");

const MESSAGE = object({
  role: oneOf("system", "developer", "user", "assistant", "tool"),
  content,
  tool_calls: orElse(list(object({ function: object({ name: text, arguments: text }) })), []),
});

const TOOL = object({ type: oneOf("function"), function: object({ name: text }) });
const CHOICE = "none, auto, required, or a function by its name";
const toolChoice = either(
  CHOICE,
  oneOf("none", "auto", "required"),
  into(TOOL, (named): ToolChoice => ({ name: named.function.name })),
);

const CHAT = object({
  ...GENERATION,
  messages: listOf(MESSAGE, 1, "at least one message"),
  max_completion_tokens: orElse(whole(1), null),
  logprobs: neutral(false),
  top_logprobs: neutral(0),
  tools: orElse(list(TOOL), []),
  tool_choice: orElse(toolChoice, null),
  parallel_tool_calls: orElse(flag, true),
});

const PROMPT = "a text, or token ids";
const ids = listOf(whole(0), 1, PROMPT);
const single = either(PROMPT, text, ids);
const prompt = either(
  PROMPT,
  single,
  into(listOfOne(single, PROMPT), ([first]) => first),
);

const COMPLETION = object({ ...GENERATION, prompt, best_of: neutral(1), echo: neutral(false), logprobs: neutral(0) });

export function readChatRequest(body: unknown): Result<ChatRequest> {
  const read = readWith(CHAT, body);
  if (!read.ok) return read;
  const { model, messages: given, max_completion_tokens, tool_choice } = read.value;
  const tools = read.value.tools.map((tool) => tool.function.name);
  const chosen: ToolChoice = tool_choice ?? (tools.length > 0 ? "auto" : "none");
  const missing = notOffered(chosen, tools);
  if (missing !== null) return refuse(missing);
  const turns = given.map(({ role, content, tool_calls }) => ({
    role: role === "developer" ? ("system" as const) : role,
    content,
    calls: tool_calls.map((call) => call.function),
  }));
  const generation = generationOf(read.value);
  return {
    ok: true,
    value: {
      model,
      messages: turns,
      tools,
      toolChoice: tools.length === 0 ? "none" : chosen,
      generation: { ...generation, maxTokens: max_completion_tokens ?? generation.maxTokens },
    },
  };
}

/** A call can be asked for only where the client offers one. */
function notOffered(choice: ToolChoice, tools: readonly string[]): Failure | null {
  const known = tools.length === 0 ? "a request that offers tools" : `one of ${tools.join(", ")}`;
  if (choice === "required" && tools.length === 0)
    return { code: "bad-value", key: "tool_choice", value: "required", expected: known };
  if (typeof choice === "string" || tools.includes(choice.name)) return null;
  return { code: "bad-value", key: "tool_choice", value: choice.name, expected: known };
}

export function readCompletionRequest(body: unknown): Result<CompletionRequest> {
  const read = readWith(COMPLETION, body);
  if (!read.ok) return read;
  return {
    ok: true,
    value: { model: read.value.model, prompt: read.value.prompt, generation: generationOf(read.value) },
  };
}

type GenerationKeys = { readonly [K in keyof typeof GENERATION]: Value<(typeof GENERATION)[K]> };

function generationOf({
  temperature,
  top_p,
  top_k,
  seed,
  max_tokens,
  stop,
  stream,
  stream_options,
}: GenerationKeys): GenerationSettings {
  return {
    // Seeds are 32 bits here; a larger one still names one sequence.
    sampling: { temperature, topP: top_p, topK: top_k, seed: seed === null ? null : seed >>> 0 },
    maxTokens: max_tokens,
    stop,
    stream,
    usageInStream: stream_options.include_usage,
  };
}
