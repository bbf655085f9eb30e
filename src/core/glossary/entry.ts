/**
 * A word of the project and what it means: one sentence, plain words before jargon. A word has one
 * meaning; what would be a second one gets a word of its own.
 */

export interface Entry {
  /** As it stands in a text. No two entries have the same one. */
  readonly term: string;
  /** A word of the field: the page explains it where it stands first. */
  readonly jargon?: true;
  /** One sentence of at most `MOST_WORDS` words. */
  readonly short: string;
  /** Of its values, where it is a quantity. */
  readonly unit?: string;
  /** What configs and records call it, where that differs from the term. */
  readonly names?: readonly string[];
}

export const MOST_WORDS = 25;
