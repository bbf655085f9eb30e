/**
 * Events of one answer in the shapes of this API: chunks of a stream, or the whole object. A tool
 * call becomes one once all of it is written; text that only looked like one stays text.
 */
import { BUILD } from "#core/run/build.ts";
import type { AnswerEvent } from "./generation.ts";
import { readCall } from "./dialect.ts";

export interface AnswerHead {
  readonly id: string;
  readonly createdMs: number;
  readonly model: string;
  readonly promptTokens: number;
}

type Taken = Exclude<AnswerEvent, { kind: "failed" }>;

export interface ShapedAnswer {
  /** The chunks that the event makes, and the whole remembers it. */
  take(event: Taken): readonly unknown[];
  whole(): unknown;
  usageChunk(): unknown;
  readonly completionTokens: number;
}

export type AnswerShape = (head: AnswerHead) => ShapedAnswer;

interface State {
  text: string;
  /** What was written as a call; null while none was begun. */
  call: string | null;
  reason: "stop" | "length";
  completionTokens: number;
}

const beginning = (): State => ({ text: "", call: null, reason: "stop", completionTokens: 0 });

const usage = (promptTokens: number, completionTokens: number) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});

const envelope = ({ createdMs, model }: AnswerHead, id: string, object: string) => ({
  id,
  object,
  created: Math.floor(createdMs / 1000),
  model,
  system_fingerprint: BUILD.id,
});

function remember(state: State, event: Taken): void {
  if (event.kind === "call") state.call ??= "";
  if (event.kind === "piece" && state.call === null) state.text += event.text;
  else if (event.kind === "piece") state.call += event.text;
  if (event.kind === "end") {
    state.reason = event.reason;
    state.completionTokens = event.completionTokens;
  }
}

export const completionShape: AnswerShape = (head) => {
  const state = beginning();
  const make = (text: string, reason: string | null) => ({
    ...envelope(head, `cmpl-${head.id}`, "text_completion"),
    choices: [{ index: 0, text, logprobs: null, finish_reason: reason }],
  });
  return {
    get completionTokens() {
      return state.completionTokens;
    },
    take: (event) => {
      remember(state, event);
      if (event.kind === "piece") return [make(event.text, null)];
      return event.kind === "end" ? [make("", event.reason)] : [];
    },
    whole: () => ({ ...make(state.text, state.reason), usage: usage(head.promptTokens, state.completionTokens) }),
    usageChunk: () => ({ ...make("", null), choices: [], usage: usage(head.promptTokens, state.completionTokens) }),
  };
};

export const chatShape: AnswerShape = (head) => {
  const state = beginning();
  let opened = false;
  const top = (object: string) => envelope(head, `chatcmpl-${head.id}`, object);
  const chunk = (delta: unknown, reason: string | null) => ({
    ...top("chat.completion.chunk"),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  });
  const toolCalls = () => {
    const call = state.call === null ? null : readCall(state.call);
    return call === null
      ? null
      : [{ id: `call_${head.id}`, type: "function", function: { name: call.name, arguments: call.arguments } }];
  };
  const reason = () => (toolCalls() !== null && state.reason === "stop" ? "tool_calls" : state.reason);
  /** What began as a call and is none stays text. */
  const misread = () => (toolCalls() === null ? (state.call ?? "") : "");
  const opening = (): readonly unknown[] => {
    if (opened) return [];
    opened = true;
    return [chunk({ role: "assistant", content: state.call === null ? "" : null }, null)];
  };
  const closing = (): readonly unknown[] => {
    const calls = toolCalls();
    const late =
      calls !== null
        ? [chunk({ tool_calls: calls.map((call) => ({ index: 0, ...call })) }, null)]
        : misread() !== ""
          ? [chunk({ content: misread() }, null)]
          : [];
    return [...late, chunk({}, reason())];
  };
  return {
    get completionTokens() {
      return state.completionTokens;
    },
    take: (event) => {
      remember(state, event);
      const first = opening();
      if (event.kind === "end") return [...first, ...closing()];
      // A call is told when it is complete.
      return event.kind === "piece" && state.call === null ? [...first, chunk({ content: event.text }, null)] : first;
    },
    whole: () => {
      const calls = toolCalls();
      const content = state.text + misread();
      const message = {
        role: "assistant",
        content: calls !== null && content === "" ? null : content,
        ...(calls === null ? {} : { tool_calls: calls }),
      };
      return {
        ...top("chat.completion"),
        choices: [{ index: 0, message, logprobs: null, finish_reason: reason() }],
        usage: usage(head.promptTokens, state.completionTokens),
      };
    },
    usageChunk: () => ({
      ...top("chat.completion.chunk"),
      choices: [],
      usage: usage(head.promptTokens, state.completionTokens),
    }),
  };
};
