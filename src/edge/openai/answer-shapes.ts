/**
 * Events of one answer in the shapes of this API: chunks of a stream, or the whole object. A tool
 * call becomes one once all of it is written, or what there is of it when the length is over; text that
 * only looked like one, or calls what nobody offered, stays text.
 */
import { BUILD } from "#core/run/build.ts";
import type { AnswerEvent } from "./generation.ts";
import { readCall, readCutCall } from "./dialect.ts";

export interface AnswerHead {
  readonly id: string;
  readonly createdMs: number;
  readonly model: string;
  readonly promptTokens: number;
  /** Names of the tools that may be called. */
  readonly tools: readonly string[];
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

export const chatShape: AnswerShape = (head) => new ChatAnswer(head);

class ChatAnswer implements ShapedAnswer {
  readonly #head: AnswerHead;
  readonly #state = beginning();
  #opened = false;

  constructor(head: AnswerHead) {
    this.#head = head;
  }

  get completionTokens(): number {
    return this.#state.completionTokens;
  }

  take(event: Taken): readonly unknown[] {
    remember(this.#state, event);
    const first = this.#opening();
    if (event.kind === "end") return [...first, ...this.#late(), this.#chunk({}, this.#reason)];
    // A call is told when it is complete.
    if (event.kind === "call" || this.#state.call !== null) return first;
    return [...first, this.#chunk({ content: event.text }, null)];
  }

  whole(): unknown {
    return {
      ...this.#top("chat.completion"),
      choices: [{ index: 0, message: this.#message(), logprobs: null, finish_reason: this.#reason }],
      usage: this.#usage(),
    };
  }

  usageChunk(): unknown {
    return { ...this.#top("chat.completion.chunk"), choices: [], usage: this.#usage() };
  }

  #message(): unknown {
    const calls = this.#toolCalls();
    const content = this.#state.text + this.#misread();
    return {
      role: "assistant",
      content: calls !== null && content === "" ? null : content,
      ...(calls === null ? {} : { tool_calls: calls }),
    };
  }

  /** The role, before anything else. */
  #opening(): readonly unknown[] {
    if (this.#opened) return [];
    this.#opened = true;
    return [this.#chunk({ role: "assistant", content: this.#state.call === null ? "" : null }, null)];
  }

  /** What could be told only once all of it was written. */
  #late(): readonly unknown[] {
    const calls = this.#toolCalls();
    if (calls !== null) return [this.#chunk({ tool_calls: calls.map((call) => ({ index: 0, ...call })) }, null)];
    const misread = this.#misread();
    return misread === "" ? [] : [this.#chunk({ content: misread }, null)];
  }

  #toolCalls() {
    const { call: written, reason } = this.#state;
    if (written === null) return null;
    const call = readCall(written) ?? (reason === "length" ? readCutCall(written) : null);
    if (call === null || !this.#head.tools.includes(call.name)) return null;
    const { name, arguments: given } = call;
    return [{ id: `call_${this.#head.id}`, type: "function", function: { name, arguments: given } }];
  }

  get #reason(): string {
    return this.#toolCalls() !== null && this.#state.reason === "stop" ? "tool_calls" : this.#state.reason;
  }

  /** What began as a call and is none stays text. */
  #misread(): string {
    return this.#toolCalls() === null ? (this.#state.call ?? "") : "";
  }

  #chunk(delta: unknown, reason: string | null): unknown {
    return {
      ...this.#top("chat.completion.chunk"),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    };
  }

  #top(object: string) {
    return envelope(this.#head, `chatcmpl-${this.#head.id}`, object);
  }

  #usage() {
    return usage(this.#head.promptTokens, this.#state.completionTokens);
  }
}
