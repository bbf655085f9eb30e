/**
 * A conversation as messages: what the model wrote, parted at its role tokens. Contents are kept to the letter, so
 * that the next prompt begins with the very tokens that both KV caches hold.
 */
import { ROLES, type Message } from "../config.ts";

const ROLE_TOKEN = new RegExp(`<\\|(${ROLES.join("|")})\\|>`);

/** The messages in a generated text. The model writes its own role token; text before the first one is the assistant's. */
export function messagesIn(text: string): readonly Message[] {
  const [before = "", ...rest] = text.split(ROLE_TOKEN);
  const first: readonly Message[] = before === "" ? [] : [{ role: "assistant", content: before }];
  const written = rest.flatMap((word, i): readonly Message[] => {
    const role = i % 2 === 0 ? ROLES.find((each) => each === word) : undefined;
    return role === undefined ? [] : [{ role, content: rest[i + 1] ?? "" }];
  });
  return [...first, ...written].filter(({ content }) => content !== "");
}
