/** What a run's tokens sum up to, over all of them and by prefill and decode. Times are ms, sizes bytes. */
import { nullable, number, object, optional, whole, type Value } from "../../schema/schema.ts";

const count = whole(0);
const numberOrNone = nullable(number);

/** Sums over a stretch of tokens. */
const phaseTotals = object({
  elapsedMs: number,
  tokens: count,
  positions: count,
  upBytes: count,
  downBytes: count,
  deviceComputeMs: number,
  edgeComputeMs: number,
  linkMs: number,
  addedMs: number,
});
export type PhaseTotals = Value<typeof phaseTotals>;

/** What drafting came to, the prompt's own round left out. Null where there was nothing to divide by. */
const speculationTotals = object({
  rounds: count,
  drafted: count,
  /** Drafted tokens that a verdict decided the text by: those that stood, and each first one that fell. drafted = judged + wasted. */
  judged: count,
  accepted: count,
  wasted: count,
  droppedWindows: count,
  /** Alpha: accepted / judged. */
  acceptance: numberOrNone,
  /** Tau: tokens gained a pass of the target. */
  blockEfficiency: numberOrNone,
  edgePassesPerToken: numberOrNone,
  tokensPerRoundTrip: numberOrNone,
  bytesPerAcceptedToken: numberOrNone,
  edgeMsPerToken: numberOrNone,
  /** Of drafting one token on the device, and of a round at the edge (drafting too, where both models are there). */
  draftMs: numberOrNone,
  verifyMs: numberOrNone,
});
export type SpeculationTotals = Value<typeof speculationTotals>;

const cooperationTotals = object({
  /** Share of the tokens that the large model said. */
  touchedShare: number,
  edgeMsPerToken: number,
});
export type CooperationTotals = Value<typeof cooperationTotals>;

export const totals = object({
  /** Null until there is a first token, a second. */
  ttftMs: numberOrNone,
  tpotMs: numberOrNone,
  tpotP95Ms: numberOrNone,
  tokensPerSecond: numberOrNone,
  upBytes: count,
  downBytes: count,
  deviceComputeMs: number,
  edgeComputeMs: number,
  /** While the edge server was away: in no other figure but the phases' elapsedMs. Left out where it never was. */
  outageMs: optional(number),
  prefill: phaseTotals,
  decode: phaseTotals,
  /** Where tokens are drafted. */
  speculation: optional(speculationTotals),
  /** Under cooperative. */
  cooperation: optional(cooperationTotals),
});
export type Totals = Value<typeof totals>;
