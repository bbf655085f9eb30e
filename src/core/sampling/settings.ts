/** What sampling needs, wherever it happens: `sample.ts` says how each is used. */
import { between, object, whole, type Value } from "../schema/schema.ts";

export const SEED_MAX = 2 ** 32 - 1;
export const TOKEN_ID_MAX = 2 ** 31 - 1;

export const SAMPLING = {
  /** 0 is greedy. */
  temperature: between(0, 100, "a number from 0 (greedy) to 100"),
  /** 0 keeps all. */
  topK: whole(0, TOKEN_ID_MAX, "tokens to keep, 0 for all"),
  /** 1 keeps all. */
  topP: between(Number.MIN_VALUE, 1, "a share above 0, 1 for all"),
  seed: whole(0, SEED_MAX, "a seed"),
};
export const samplingSettings = object(SAMPLING);
export type SamplingSettings = Value<typeof samplingSettings>;
