/**
 * What the OpenAI-compatible endpoints are asked, parsed once. Keys that would change the answer
 * and that this server does not know how to honour are refused, never ignored; keys that only tell
 * a server about its client are dropped. `tools` is taken and not read: our models call the
 * services they were trained on.
 * Source: the OpenAI API reference, /v1/completions and /v1/chat/completions.
 */
import type { SamplingSettings } from "#core/sampling/settings.ts";
import type { Result } from "#core/run/failure.ts";
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

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
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
} as const;

const parts = into(list(object({ type: oneOf("text"), text })), (all) => all.map((part) => part.text).join(""));
const content = orElse(either("a text, or a list of parts with text", text, parts), "");

const MESSAGE = object({
  role: oneOf("system", "developer", "user", "assistant", "tool"),
  content,
  tool_calls: orElse(list(object({ function: object({ name: text, arguments: text }) })), []),
});

const CHAT = object({
  ...GENERATION,
  messages: listOf(MESSAGE, 1, "at least one message"),
  max_completion_tokens: orElse(whole(1), null),
  logprobs: neutral(false),
  tool_choice: neutral("auto"),
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
  const { model, messages: given, max_completion_tokens } = read.value;
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
      generation: { ...generation, maxTokens: max_completion_tokens ?? generation.maxTokens },
    },
  };
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
