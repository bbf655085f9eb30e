/**
 * Lengths of requests, as few as tell requests apart. Every length that is played was first answered once alone, to
 * be compared with, so lengths are rounded up to powers of two and held to what the model's context takes.
 */
import type { Arrival } from "./arrivals.ts";

export type Size = Pick<Arrival, "promptTokens" | "answerTokens">;

export interface SizesMost {
  readonly promptTokens: number;
  readonly answerTokens: number;
  /** Of the model: prompt and answer together. */
  readonly context: number;
}

const LEAST = 4;

export function roundedSize({ promptTokens, answerTokens }: Size, most: SizesMost): Size {
  const prompt = Math.min(powerAbove(promptTokens), most.promptTokens, most.context - 1);
  const answer = Math.min(powerAbove(answerTokens), most.answerTokens, most.context - prompt);
  return { promptTokens: prompt, answerTokens: answer };
}

const powerAbove = (tokens: number): number => Math.max(LEAST, 2 ** Math.ceil(Math.log2(tokens)));

export const sizeName = ({ promptTokens, answerTokens }: Size): string => `${promptTokens}+${answerTokens}`;

/** Each size once, in the order in which they are met. */
export const distinctSizes = (sizes: readonly Size[]): readonly Size[] => [
  ...new Map(
    sizes.map(({ promptTokens, answerTokens }) => [
      sizeName({ promptTokens, answerTokens }),
      { promptTokens, answerTokens },
    ]),
  ).values(),
];
