/** How a token is chosen, and how far a text is from what the uncut model would have said. */
import type { Entry } from "./entry.ts";

export const SAMPLING_AND_QUALITY = {
  sampling: { term: "sampling", short: "Choosing the next token from the scores that the head gave." },
  greedy: { term: "greedy", jargon: true, short: "Always the most probable token: sampling at temperature 0." },
  temperature: {
    term: "temperature",
    short: "How far chance may stray from the most probable token; 0 is not at all.",
  },
  topK: {
    term: "top-k",
    jargon: true,
    short: "Only the k most probable tokens may be chosen; 0 keeps all.",
    names: ["topK"],
  },
  topP: {
    term: "top-p",
    jargon: true,
    short: "Only the most probable tokens that together have probability p may be chosen; 1 keeps all.",
    names: ["topP"],
  },
  seed: {
    term: "seed",
    short: "The number that fixes all chance: the same seed gives the same tokens, wherever the model is cut.",
  },
  logProbability: {
    term: "log-probability",
    jargon: true,
    short: "The logarithm of a token's probability: nearer to 0 is more probable.",
    unit: "nats",
  },
  nats: {
    term: "nat",
    short: "The unit of natural logarithms of probabilities: a difference of 1 is a factor of 2.7.",
  },
  candidate: {
    term: "candidate",
    short: "A token that might have been said at a position, with its probability there.",
  },
  odds: {
    term: "odds",
    short: "A token's probability as it was drawn, behind temperature, top-k and top-p.",
    unit: "0 to 1",
  },
  favourite: { term: "favourite", short: "The token that a model holds most probable at a position." },
  teacherForcing: {
    term: "teacher forcing",
    jargon: true,
    short: "Feeding a given text token by token and reading off what the model would have said at each.",
  },
  perplexity: {
    term: "perplexity",
    jargon: true,
    short: "How many equally likely tokens the model was torn between at each step, on average; lower is surer.",
  },
  kl: {
    term: "KL",
    jargon: true,
    short: "Kullback-Leibler divergence: how far one model's predictions are from another's; 0 is the same.",
    unit: "nats",
  },
  agreement: {
    term: "agreement",
    short: "The comparison of a run's tokens with those that the reference would have chosen.",
  },
  reference: {
    term: "reference",
    short: "The uncut model in a session of its own, which every answer is compared with.",
  },
  uncut: { term: "uncut", short: "The whole model in one piece on one tier." },
  referenceVerdicts: {
    term: "reference verdicts",
    short: "What the reference says of each token of a run: its own choice, and by how much it led.",
  },
  exact: { term: "exact", short: "The same tokens as the reference, one by one." },
  fast: {
    term: "fast",
    short: "A named lower precision that trades sameness for speed and has a reference of its own.",
  },
  unchecked: { term: "unchecked", short: "Not compared with the reference, so that its speed may not be quoted." },
  lossless: {
    term: "lossless",
    short: "The answer is the uncut model's: token for token, or drawn with the same odds.",
  },
  lossy: { term: "lossy", short: "The answer may differ from the uncut model's, by design and said so." },
  nearTie: {
    term: "near tie",
    jargon: true,
    short: "A differing token whose lead was under 0.0001: other arithmetic, same mathematics; counted, and no error.",
  },
  margin: {
    term: "margin",
    short: "How far the reference's own choice led over the token that was said.",
    unit: "nats",
  },
  touchedShare: {
    term: "touched share",
    short: "Under cooperative, the share of tokens that the large model said.",
    names: ["touchedShare"],
  },
  gumbelNoise: {
    term: "Gumbel noise",
    jargon: true,
    short:
      "The chance added to each log-probability, fixed by seed, position and token, so that the largest sum is a fair draw.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
