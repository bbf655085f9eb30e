/**
 * When drafting on the device pays, modelled. A round costs a round trip, the drafting of its
 * window and one pass of the target, and gains tau tokens, so a token takes
 * (RTT + g t_draft + t_verify) / tau. An edge that streams its own tokens takes e for each and pays
 * no round trip; with t_verify = e drafting is faster where e (tau - 1) > RTT + g t_draft.
 * Source: Leviathan, Kalman and Matias, Fast Inference from Transformers via Speculative Decoding,
 * ICML 2023, equation 1 and theorem 3.8, with a round trip added to each round. All times in ms.
 */

/** A round of drafting on the device, but for the link's round trip. */
export interface DraftRound {
  /** Tau: tokens that a round gains. */
  readonly tokens: number;
  /** Gamma: tokens drafted. */
  readonly length: number;
  /** Of drafting one of them. */
  readonly draftMs: number;
  /** Of the target's pass over the window. */
  readonly verifyMs: number;
  /** What a round takes beside all this: messages, turns between threads. */
  readonly overheadMs: number;
}

/** Tokens a round gains where each drafted token stands with the same chance: (1 - a^(g+1)) / (1 - a). */
export const expectedTokens = (acceptance: number, length: number): number =>
  acceptance === 1 ? length + 1 : (1 - acceptance ** (length + 1)) / (1 - acceptance);

const roundMs = ({ length, draftMs, verifyMs, overheadMs }: DraftRound): number =>
  length * draftMs + verifyMs + overheadMs;

export const draftedTpotMs = (round: DraftRound, rttMs: number): number => (rttMs + roundMs(round)) / round.tokens;

/**
 * The round trip at which drafting is `times` as fast as another way that takes `otherTpotMs` a
 * token; below it, faster. Negative where no link is short enough.
 */
export const breakEvenRttMs = (round: DraftRound, otherTpotMs: number, times = 1): number =>
  (round.tokens * otherTpotMs) / times - roundMs(round);

/** What a round saves over streaming, as times of what it costs: e (tau - 1) / (RTT + g t_draft). With t_verify = e and no overhead drafting is faster above 1. */
export const savedOverCost = ({ tokens, length, draftMs }: DraftRound, stepMs: number, rttMs: number): number =>
  (stepMs * (tokens - 1)) / (rttMs + length * draftMs);

/**
 * How many times the clients an edge can serve that only verifies, over one that drafts as well:
 * 1 + g t_draft / t_verify, both times the edge's own. Source: Lyu, Irukulapati and Champati,
 * Speculation at a Distance: Where Edge-Cloud Speculative Decoding Actually Pays Off, 2026.
 */
export const capacityGain = ({
  length,
  draftMs,
  verifyMs,
}: Pick<DraftRound, "length" | "draftMs" | "verifyMs">): number => 1 + (length * draftMs) / verifyMs;
