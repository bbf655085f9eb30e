/**
 * What goes beside a config into a run, and is no part of it: read strictly, since an option that is
 * misspelt would leave out a check, or a fault that was to be put in, without a word.
 */
import type { Fault } from "../strategies/facts.ts";
import { flag, object, oneOf, optional, text, whole, type Value } from "../schema/schema.ts";

const FAULTS: Readonly<Record<Fault, true>> = { "corrupt-activation": true, "rewind-short": true };
const isFault = (name: string): name is Fault => Object.hasOwn(FAULTS, name);

/** "Break it": one fault, put in on purpose, that the badge must notice. */
export const sabotage = object({
  kind: oneOf(...Object.keys(FAULTS).filter(isFault)),
  atToken: whole(0, 1_000_000, "the place of a token in the answer"),
});
export type Sabotage = Value<typeof sabotage>;

export const RUN_OPTIONS = {
  sabotage: optional(sabotage),
  /** Compute the reference afterwards; on unless a race or benchmark does it once for all. */
  check: optional(flag),
  /** Go on from no cache of an earlier turn, and from nothing that a draft-length policy has learnt, so that repetitions are alike: for races and benchmarks. */
  fresh: optional(flag),
  /** How long attempts to come back to an edge server that is away go on; about two and a half minutes when left out. */
  reconnectMs: optional(whole(0, 3_600_000, "milliseconds")),
  /** Lets this tab in at an edge server that asks for a token. No key of the config: it must not get into records and addresses. */
  access: optional(text),
};
const runOptions = object(RUN_OPTIONS);
export type RunOptions = Value<typeof runOptions>;
