/**
 * 4. Bytes against quality, per codec and cut: `mode=score` on held-out text. Perplexity is that of
 * the people's own words; KL is estimated on words which the uncut model sampled behind them.
 */
import { CODEC_NAMES } from "#core/codec/registry.ts";
import type { Experiment } from "../experiment/experiment.ts";

export const whatACodecCosts: Experiment = {
  id: "what-a-codec-costs",
  number: 4,
  title: "What a codec costs",
  question:
    "How few bytes may an activation take before the model's predictions suffer, and does it matter where the model is cut?",
  predict:
    "float16 halves the bytes for nothing. How far down can it go: 8 bits, 4, 2? Is an early or a late cut more forgiving?",
  base: { model: "concierge-10m", backend: "wasm", threads: 1, link: "loopback", temperature: 0, maxTokens: 24 },
  sweep: { codec: CODEC_NAMES, cut: ["8%", "50%", "92%"] },
  arms: [
    { name: "float32", set: { mode: "score", codec: "f32", cut: "50%" } },
    { name: "codec", set: { mode: "score" } },
    { name: "answers", set: { mode: "split", cut: "50%" } },
  ],
  prompts: { set: "heldout", count: 12 },
  repeats: 1,
  continuation: 24,
  reference: "float32",
  measures: ["position", "perplexity", "perplexity-rise", "kl", "top-1", "changed"],
  charts: [
    {
      kind: "frontier",
      title: "Perplexity against bytes",
      x: "position",
      y: "perplexity-rise",
      label: "codec",
      panels: "cut",
      limit: { y: 0.5, text: "0.5% higher perplexity" },
      floor: 0.01,
    },
    {
      kind: "frontier",
      title: "KL from float32 against bytes",
      x: "position",
      y: "kl",
      label: "codec",
      panels: "cut",
      floor: 0.0001,
    },
    {
      kind: "frontier",
      title: "Positions where the most probable token is another",
      x: "position",
      y: "top-1",
      label: "codec",
      panels: "cut",
      floor: 0.01,
    },
    {
      kind: "frontier",
      title: "Answers changed, greedy, at half the depth",
      x: "position",
      y: "changed",
      label: "codec",
    },
  ],
  notice: [
    "Prefill and decode use the same encoding position by position, so one score tells of both; only the number of positions in a frame differs. Low rank is the exception: the positions of a message share a basis. A scored text goes up 64 positions at a time, which stands for prefill; a decode step has no other to share with and goes as float16.",
    "Low rank's bytes are those of the messages that were sent, for answers those of the prompt.",
    "A random rotation makes few bits go furthest: it spreads outliers evenly, where rounding with one scale lets them drown the rest.",
    "Frequencies along the hidden axis mean nothing to a transformer: cutting them off costs about what cutting any such share of the energy does.",
    "KL is an estimate: the mean of log p - log q over tokens that the uncut model sampled; it can come out below 0 where it is nearly 0.",
  ],
  source: [
    {
      text: "Ma et al., FourierCompress, 2025: spectral compression of activations between device and server.",
      url: "https://arxiv.org/abs/2510.16418",
      values: [
        {
          what: "compression at less than 0.3% loss of accuracy",
          theirs: "7.6 times",
          ours: { measure: "saving", best: "most", within: { measure: "perplexity-rise", most: 0.3 } },
        },
      ],
    },
  ],
  lesson: {
    questions: [
      {
        kind: "choice",
        ask: "Cut at half the depth: which codec harms the predictions most?",
        best: "most",
        choices: [
          { text: "8 bits a number", at: { chart: 0, panel: "cut 50%", of: "int8" } },
          { text: "4 bits a number", at: { chart: 0, panel: "cut 50%", of: "int4" } },
          { text: "2 bits, after a random rotation", at: { chart: 0, panel: "cut 50%", of: "rot-2b" } },
          {
            text: "The lowest quarter of the frequencies, in float16",
            at: { chart: 0, panel: "cut 50%", of: "dct-4" },
          },
        ],
      },
      {
        kind: "amount",
        ask: "8 bits instead of float32 at half the depth: by how many percent does perplexity rise?",
        unit: "%",
        from: -1,
        to: 10,
        step: 0.1,
        answer: { chart: 0, panel: "cut 50%", of: "int8" },
      },
    ],
    mark: { at: { chart: 0, panel: "cut 50%", of: "dct-4" }, says: "Frequencies mean nothing along the hidden axis" },
    why: [
      "Neighbouring pixels are alike, so a picture's high frequencies can go. Neighbouring numbers of an activation are not: their order is an accident of training, and cutting frequencies off throws away as much of the signal as cutting any others. Rounding every number a little spares all of them.",
      "Rounding with one scale is at the mercy of the largest number: an outlier makes the steps coarse for the rest. Groups with scales of their own, or a rotation that spreads outliers evenly, make few bits go further; below about four, no trick here keeps the predictions. FourierCompress (2025) reports 7.6 times at less than 0.3% loss of accuracy, on other models and tasks.",
    ],
  },
};
