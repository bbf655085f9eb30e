/**
 * What the OpenAI-compatible endpoints are asked, parsed once. Keys that would change the answer
 * and that this server does not know how to honour are refused, never ignored; keys that only tell
 * a server about its client are dropped. `tools` is taken and not read: our models call the
 * services they were trained on.
 * Source: the OpenAI API reference, /v1/completions and /v1/chat/completions.
 */
import type { SamplingSettings } from "#core/run/config.ts";
import type { Result } from "#core/run/failure.ts";
import {
  flag,
  isRecord,
  list,
  number,
  object,
  oneOf,
  readWith,
  text,
  unfit,
  whole,
  type Reader,
  type ReadBy,
} from "#core/run/json-reader.ts";

export interface Generation {
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
  readonly generation: Generation;
}

export interface CompletionRequest {
  readonly model: string;
  readonly prompt: string | readonly number[];
  readonly generation: Generation;
}

/** Left out and null are the same to this API. */
const optional =
  <T, D>(reader: Reader<T>, otherwise: D): Reader<T | D> =>
  (value, path) =>
    value === undefined || value === null ? otherwise : reader(value, path);

const between =
  (least: number, most: number): Reader<number> =>
  (value, path) => {
    const read = number(value, path);
    return read >= least && read <= most ? read : unfit(path, value, `a number from ${least} to ${most}`);
  };

/** A key that may be there only with the value that changes nothing. */
const only = <const T extends string | number | boolean>(neutral: T): Reader<T | null> =>
  optional(
    (value, path) =>
      value === neutral ? neutral : unfit(path, value, `${String(neutral)}: nothing else is supported here`),
    null,
  );

const stops: Reader<readonly string[]> = (value, path) => {
  const read = typeof value === "string" ? [value] : list(text)(value, path);
  return read.length <= 4 && read.every((stop) => stop !== "")
    ? read
    : unfit(path, value, "up to four texts that are not empty");
};

const GENERATION = {
  model: text,
  temperature: optional(between(0, 2), 1),
  top_p: optional(between(0, 1), 1),
  top_k: optional(whole(0), 0),
  max_tokens: optional(whole(1), null),
  seed: optional(whole(Number.MIN_SAFE_INTEGER), null),
  stop: optional(stops, [] as readonly string[]),
  stream: optional(flag, false),
  stream_options: optional(object({ include_usage: optional(flag, false) }), { include_usage: false }),
  n: only(1),
  logit_bias: optional<null, null>(
    (value, path) =>
      isRecord(value) && Object.keys(value).length === 0
        ? null
        : unfit(path, value, "no biases: they are not supported here"),
    null,
  ),
  response_format: optional(object({ type: only("text") }), null),
  presence_penalty: only(0),
  frequency_penalty: only(0),
} as const;

const content: Reader<string> = (value, path) => {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  return list(object({ type: oneOf("text"), text }))(value, path)
    .map((part) => part.text)
    .join("");
};

const MESSAGE = object({
  role: oneOf("system", "developer", "user", "assistant", "tool"),
  content,
  tool_calls: optional(list(object({ function: object({ name: text, arguments: text }) })), []),
});

const messages: Reader<readonly ReadBy<typeof MESSAGE>[]> = (value, path) => {
  const read = list(MESSAGE)(value, path);
  return read.length > 0 ? read : unfit(path, value, "at least one message");
};

const CHAT = object({
  ...GENERATION,
  messages,
  max_completion_tokens: optional(whole(1), null),
  logprobs: only(false),
  tool_choice: only("auto"),
});

const prompt: Reader<string | readonly number[]> = (value, path) => {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 1 && !Number.isInteger(value[0])) return prompt(value[0], path);
  const ids = list(whole(0))(value, path);
  return ids.length > 0 ? ids : unfit(path, value, "a text, or token ids");
};

const COMPLETION = object({ ...GENERATION, prompt, best_of: only(1), echo: only(false), logprobs: only(0) });

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

type GenerationKeys = { readonly [K in keyof typeof GENERATION]: ReadBy<(typeof GENERATION)[K]> };

function generationOf({
  temperature,
  top_p,
  top_k,
  seed,
  max_tokens,
  stop,
  stream,
  stream_options,
}: GenerationKeys): Generation {
  return {
    // Seeds are 32 bits here; a larger one still names one sequence.
    sampling: { temperature, topP: top_p, topK: top_k, seed: seed === null ? null : seed >>> 0 },
    maxTokens: max_tokens,
    stop,
    stream,
    usageInStream: stream_options.include_usage,
  };
}
