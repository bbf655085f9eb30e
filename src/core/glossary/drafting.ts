/** A small model proposes, a large one judges: the words of speculative decoding. */
import type { Entry } from "./entry.ts";

export const DRAFTING = {
  drafting: {
    term: "drafting",
    short: "Proposing the next tokens cheaply, for a large model to judge several at once.",
  },
  draftModel: {
    term: "draft model",
    jargon: true,
    short: "The small model that proposes tokens.",
    names: ["draftModel"],
  },
  lookupDrafting: {
    term: "lookup drafting",
    short: "Drafting without a model: what followed the last tokens earlier in the text is proposed again.",
  },
  targetModel: {
    term: "target model",
    jargon: true,
    short: "The large model whose answer is wanted and which judges what was drafted.",
    names: ["model"],
  },
  draftLength: {
    term: "draft length",
    jargon: true,
    short: "How many tokens are drafted before the target judges them, often written gamma.",
    unit: "tokens",
    names: ["draftLength"],
  },
  window: { term: "window", short: "The tokens that are drafted and judged together." },
  windowsInFlight: {
    term: "windows in flight",
    jargon: true,
    short: "How many windows may be on their way before the first of them is answered.",
    unit: "windows",
    names: ["windows"],
  },
  windowVerdict: {
    term: "window verdict",
    short: "The target's answer to a window: how many of its tokens stand, and which comes behind them.",
  },
  round: { term: "round", short: "One window from its first drafted token until the target has judged it." },
  acceptanceRate: {
    term: "acceptance rate",
    jargon: true,
    short: "The share of the judged drafts that stood, often written alpha.",
    unit: "share",
    names: ["acceptance"],
  },
  blockEfficiency: {
    term: "block efficiency",
    jargon: true,
    short: "How many tokens one pass of the target gains on average, often written tau.",
    unit: "tokens",
    names: ["blockEfficiency"],
  },
  targetPass: {
    term: "target pass",
    short: "One run of the target's blocks at the edge, over one position or a whole window.",
  },
  tokensPerRoundTrip: {
    term: "tokens a round trip",
    short: "How many tokens share the wait for one round trip.",
    unit: "tokens",
  },
  accepted: { term: "accepted", short: "Drafted, and the target let it stand." },
  corrected: { term: "corrected", short: "Put by the target in place of a drafted token that fell." },
  bonus: { term: "bonus", short: "The token that the target adds behind a window that stood in whole." },
  wasted: { term: "wasted", short: "Drafted in vain: behind a token that fell, or behind the end of the text." },
  dropped: { term: "dropped", short: "A window that was not judged because the text it was drafted on fell." },
  confidentToken: {
    term: "confident token",
    short: "Under cooperative, a token that the draft was sure of and nobody checked.",
    names: ["confident"],
  },
  askedToken: {
    term: "asked token",
    short: "Under cooperative, a token that the draft was unsure of and the large model said.",
    names: ["asked"],
  },
  threshold: {
    term: "threshold",
    short: "Under cooperative, how sure the draft must be to speak unchecked.",
    unit: "probability",
  },
  verificationRule: {
    term: "verification rule",
    short: "How the target decides which drafted tokens stand and what comes in place of the first that falls.",
    names: ["verify"],
  },
  coupledRule: {
    term: "coupled rule",
    short:
      "Draft and target choose with the same noise, and drafts stand while both chose alike: the text is edge-only's.",
    names: ["coupled"],
  },
  greedyRule: {
    term: "greedy rule",
    short: "A drafted token stands while it is the target's most probable one.",
    names: ["greedy"],
  },
  leviathanRule: {
    term: "Leviathan's rule",
    short: "A draft stands by chance with odds p/q, so that texts keep the target's odds; whole distributions travel.",
    names: ["leviathan"],
  },
  leviathanTopKRule: {
    term: "Leviathan's rule with top-k",
    short: "The same rule with only the draft's most probable tokens sent, in whole shares of 255.",
    names: ["leviathan-topk"],
  },
  splitVerificationRule: {
    term: "split verification",
    short: "One probability a draft travels up; only after a rejection does one distribution come down to draw from.",
    names: ["split-verification"],
  },
  evidence: { term: "evidence", short: "What a verification rule sends up beside the drafted ids.", unit: "bytes" },
  policy: {
    term: "policy",
    short: "A rule that decides after every drafted token whether to draft another.",
    names: ["draftLength"],
  },
  confidentPolicy: {
    term: "confident policy",
    short: "Drafts on while the draft is sure of its tokens.",
    names: ["confident"],
  },
  optimumPolicy: {
    term: "optimum policy",
    short: "Drafts the length that costs least per token by the measured acceptance and times.",
    names: ["optimum"],
  },
  learnerPolicy: {
    term: "learner policy",
    short: "Learns from its own rounds how often a draft stands at each depth, and tries longer windows now and then.",
    names: ["learner"],
  },
  fixedPolicy: { term: "fixed policy", short: "The same draft length every round, written as a number." },
} as const satisfies Readonly<Record<string, Entry>>;
