/** What a lossy answer is judged by, as a part of its record. */
import { number, object, whole, type Value } from "../../schema/schema.ts";

/** Under cooperative, once checked: what leaving the target out cost the text. */
export const cooperationQuality = object({
  /** Share of the tokens that the target, after the same beginning, would have said too. */
  agreement: number,
  /** Of the text, teacher-forced through the target. */
  perplexity: number,
  /** The same of the text that the target says by itself to this prompt with this seed, and its length. */
  targetPerplexity: number,
  targetTokens: whole(0),
});
export type CooperationQuality = Value<typeof cooperationQuality>;
