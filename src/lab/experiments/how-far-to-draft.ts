/** 5. Acceptance, block efficiency and TPOT against the draft length and the temperature. Source: Leviathan et al., ICML 2023. */
import type { Experiment } from "../experiment.ts";

export const howFarToDraft: Experiment = {
  id: "how-far-to-draft",
  number: 5,
  title: "How far to draft",
  question: "How many tokens should the small model draft before the large one looks at them, and does randomness change the answer?",
  predict: "Twice the draft length: twice the tokens a pass? Where does it stop paying, and is that earlier at a higher temperature?",
  base: { mode: "speculative", model: "concierge-10m", draftModel: "concierge-1m", verify: "coupled", windows: 1, backend: "wasm", threads: 1, link: "5g", maxTokens: 24 },
  sweep: { draftLength: [1, 2, 4, 6, 8], temperature: [0, 0.8] },
  arms: [
    { name: "speculative", set: { mode: "speculative" } },
    { name: "edge-only", set: { mode: "edge-only" } },
  ],
  prompts: { set: "heldout", count: 5 },
  repeats: 1,
  measures: ["acceptance", "block-efficiency", "tpot", "edge", "device", "up"],
  charts: [
    { kind: "lines", title: "Tokens a pass over the draft length", x: "draftLength", y: "block-efficiency", modelled: "block-efficiency" },
    { kind: "lines", title: "Time per token over the draft length", x: "draftLength", y: "tpot" },
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
};
