/** What a fault that was put in on purpose did, as it was done. */
import { number, object, oneOf, variants, whole, type Value } from "../../schema/schema.ts";

const count = whole(0);

export const injectedFault = variants(
  "kind",
  object({
    kind: oneOf("corrupt-activation"),
    /** The token of the answer, counted from 0, whose smashed data went out wrong. */
    token: count,
    /** Of that smashed data, in the context. */
    position: count,
    /** Values that were changed. */
    values: count,
    /** Where the largest change was, and the value there before and after. */
    channel: count,
    before: number,
    after: number,
  }),
  object({
    kind: oneOf("rewind-short"),
    token: count,
    /** Where the step of that token belonged, and where it and all behind it were computed. */
    position: count,
    computedAt: count,
  }),
);
export type InjectedFault = Value<typeof injectedFault>;
