/** What is said next, from what has been said and what is typed. */
import type { ConversationFacts, Turn } from "../stores/conversation.ts";
import type { Said } from "../stores/settings.ts";

export const NOTHING_SAID = { turns: [], answer: null, unanswered: null, editing: null, note: null };

/** The draft behind what was said: in place of the turn that is edited, or of the request that got no answer. */
export function askedNext({ turns, draft, unanswered, editing }: ConversationFacts): readonly Turn[] {
  const last = turns.at(-1);
  const at = editing?.at ?? (unanswered !== null && last?.role === "user" ? turns.length - 1 : turns.length);
  return [...turns.slice(0, at), { role: "user", content: draft.trim() || (turns[at]?.content ?? "") }];
}

/** The first turn goes through `prompt`, so that its address reads well. */
export function said(turns: readonly Turn[]): Said {
  const [only] = turns;
  return turns.length === 1 && only?.role === "user"
    ? { prompt: only.content }
    : { messages: turns.map(({ role, content }) => ({ role, content })) };
}

/** What could not be run is open to change and to another try: all is as before, with what was typed as a result. */
export function takenBack(before: ConversationFacts, turns: readonly Turn[]): ConversationFacts {
  const last = turns.at(-1);
  return { ...before, answer: before.answer !== null && last?.role === "result" ? last.content : before.answer };
}
