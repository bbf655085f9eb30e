/** What crossed between this device and its edge server in a run, by kind of message: counted on the messages themselves. */
import { described, object, oneOf, text, whole, type Value } from "../../schema/schema.ts";

export const frameCount = object({
  direction: oneOf("up", "down"),
  kind: described(text, "as the message table names it, or handshake; the number in hex where it names none"),
  count: whole(0),
  bytes: described(whole(0), "of whole messages"),
});
export type FrameCount = Value<typeof frameCount>;
