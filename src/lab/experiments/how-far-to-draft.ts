/** 5. Acceptance, block efficiency and TPOT against the draft length and the temperature. Source: Leviathan et al., ICML 2023. */
import type { Experiment } from "../experiment/experiment.ts";

export const howFarToDraft: Experiment = {
  id: "how-far-to-draft",
  number: 5,
  title: "How far to draft",
  question:
    "How many tokens should the small model draft before the large one looks at them, and does randomness change the answer?",
  predict:
    "Twice the draft length: twice the tokens a pass? Where does it stop paying, and is that earlier at a higher temperature?",
  base: {
    mode: "speculative",
    model: "concierge-10m",
    draftModel: "concierge-1m",
    verify: "coupled",
    windows: 1,
    backend: "wasm",
    threads: 1,
    link: "5g",
    maxTokens: 24,
  },
  sweep: { draftLength: [1, 2, 4, 6, 8], temperature: [0, 0.8] },
  arms: [
    { name: "speculative", set: { mode: "speculative" } },
    { name: "edge-only", set: { mode: "edge-only" } },
  ],
  prompts: { set: "heldout", count: 5 },
  repeats: 1,
  measures: ["acceptance", "block-efficiency", "tpot", "edge", "device", "up"],
  charts: [
    {
      kind: "lines",
      title: "Tokens a pass over the draft length",
      x: "draftLength",
      y: "block-efficiency",
      modelled: "block-efficiency",
    },
    { kind: "lines", title: "Time per token over the draft length", x: "draftLength", y: "tpot", optimum: "least" },
    { kind: "lines", title: "Drafted tokens that stood", x: "draftLength", y: "acceptance" },
  ],
  notice: [
    "Tokens a pass saturate: a token counts only if all before it stood, so the chance of the last one shrinks with every step.",
    "The analytic line takes one chance for all depths; where the measured points leave it, tokens of one window stand or fall together.",
    "Over a slow link a longer window pays for longer, since each window costs a round trip; edge-only, which streams, pays none and stays the line to beat.",
  ],
  source: [
    {
      text: "Leviathan et al., Fast Inference from Transformers via Speculative Decoding, ICML 2023: block efficiency (1 - a^(g+1)) / (1 - a).",
      url: "https://arxiv.org/abs/2211.17192",
      values: [{ what: "speed-up of T5-XXL with T5-small as draft, temperature 0", theirs: "3.4 times (translation)" }],
    },
  ],
  lesson: {
    questions: [
      {
        kind: "amount",
        ask: "Drafting 8 instead of 2, greedy: how many times the tokens a pass of the large model?",
        unit: "times",
        from: 1,
        to: 4,
        step: 0.1,
        answer: { chart: 0, of: "speculative, temperature 0", at: 8 },
        over: { chart: 0, of: "speculative, temperature 0", at: 2 },
      },
      {
        kind: "choice",
        ask: "Over 5G, greedy: which gives the shortest time per token?",
        best: "least",
        choices: [
          { text: "Drafting 1", at: { chart: 1, of: "speculative, temperature 0", at: 1 } },
          { text: "Drafting 4", at: { chart: 1, of: "speculative, temperature 0", at: 4 } },
          { text: "Drafting 8", at: { chart: 1, of: "speculative, temperature 0", at: 8 } },
          { text: "No drafting: edge-only, streamed", at: { chart: 1, of: "edge-only, temperature 0" } },
        ],
      },
    ],
    mark: {
      at: { chart: 0, of: "speculative, temperature 0", at: "last" },
      says: "Saturating: a token counts only if all before it stood",
    },
    why: [
      "If each drafted token stands with chance a, a window of g gives (1 - a^(g+1)) / (1 - a) tokens a pass (Leviathan et al., ICML 2023): the last of a long window counts only if every one before it stood. So the curve flattens, and beyond its bend a longer window costs drafting time for nothing.",
      "Over a link each window also costs a round trip, which a longer one shares among more tokens; so a slow link moves the best length up. Edge-only streams and pays no trip per token: it stays the line to beat, and drafting on the device buys the edge's time rather than yours.",
    ],
  },
};
