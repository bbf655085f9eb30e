/**
 * What has been said: the turns that are in the model's context, and what is being typed. When the
 * model has called a tool, `answer` holds the result that will be sent, open to editing.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Message } from "#core/run/config.ts";

export interface Turn extends Message {
  /** Who gave a result: the canned service or the person. */
  readonly by?: "simulated service" | "you";
  /** The run that wrote it. */
  readonly laneKey?: string;
}

export interface ConversationFacts {
  readonly turns: readonly Turn[];
  readonly draft: string;
  /** Null unless the last turn is a call that waits for its result. */
  readonly answer: string | null;
  /** The run that was to answer the last turn and failed. */
  readonly unanswered: string | null;
  /** The turn whose new wording is being typed, and the draft that stood there before. */
  readonly editing: { readonly at: number; readonly draftBefore: string } | null;
  /** How the last answer came about, where it was asked for again. */
  readonly note: string | null;
}

export type ConversationStore = StoreApi<ConversationFacts>;

export const createConversationStore = (draft: string): ConversationStore =>
  createStore<ConversationFacts>(() => ({
    turns: [],
    draft,
    answer: null,
    unanswered: null,
    editing: null,
    note: null,
  }));
