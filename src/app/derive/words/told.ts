/** What a model wrote as words to read first: its own words, or a tool call or result told as a sentence. */
import type { Message } from "#core/run/config.ts";
import { callBegun, callSentence, resultSentence } from "#core/run/conversation/call-sentences.ts";
import type { TokenEvent } from "#core/run/record.ts";
import { messagesIn } from "#core/run/conversation/conversation.ts";
import { arrivedBy } from "../timeline.ts";

export interface Told {
  readonly words: string;
  /** As it was written, where that is not what is told. */
  readonly raw: string | null;
}

/** `before` is the call that a result answers. */
export function told({ role, content }: Message, before = ""): Told {
  const text = content.trim();
  if (role === "call") return { words: callSentence(text) ?? callBegun(text), raw: text };
  const result = role === "result" ? resultSentence(before, text) : null;
  return result === null ? { words: text, raw: null } : { words: result, raw: text };
}

/** Of a text of the model's, which may be under way: one told thing a message. */
export const toldIn = (text: string): readonly Told[] => messagesIn(text).map((message) => told(message));

/** In one line, as far as it goes. */
export const wordsIn = (text: string): string =>
  toldIn(text)
    .map(({ words }) => words)
    .join(" ");

/** The same of the tokens that have arrived by `ms`; null is the end of time. */
export const wordsBy = (tokens: readonly TokenEvent[], ms: number | null): string =>
  wordsIn(
    tokens
      .slice(0, arrivedBy(tokens, ms))
      .map(({ text }) => text)
      .join(""),
  );
