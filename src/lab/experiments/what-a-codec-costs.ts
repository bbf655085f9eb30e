/**
 * 4. Bytes against quality, per codec and cut: `mode=score` on held-out text. Perplexity is that of
 * the people's own words; KL is estimated on words which the uncut model sampled behind them.
 */
import { CODEC_NAMES } from "#core/codec/registry.ts";
import type { Experiment } from "../experiment.ts";

export const whatACodecCosts: Experiment = {
  id: "what-a-codec-costs",
  number: 4,
  title: "What a codec costs",
  question: "How few bytes may an activation take before the model's predictions suffer, and does it matter where the model is cut?",
  predict: "float16 halves the bytes for nothing. How far down can it go: 8 bits, 4, 2? Is an early or a late cut more forgiving?",
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
    { kind: "frontier", title: "Perplexity against bytes", x: "position", y: "perplexity-rise", label: "codec", panels: "cut", limit: { y: 0.5, text: "0.5% higher perplexity" }, floor: 0.01 },
    { kind: "frontier", title: "KL from float32 against bytes", x: "position", y: "kl", label: "codec", panels: "cut", floor: 0.0001 },
    { kind: "frontier", title: "Positions where the most probable token is another", x: "position", y: "top-1", label: "codec", panels: "cut", floor: 0.01 },
    { kind: "frontier", title: "Answers changed, greedy, at half the depth", x: "position", y: "changed", label: "codec" },
  ],
  notice: [
    "Prefill and decode use the same encoding position by position, so one score tells of both; only the number of positions in a frame differs.",
    "A random rotation makes few bits go furthest: it spreads outliers evenly, where rounding with one scale lets them drown the rest.",
    "Frequencies along the hidden axis mean nothing to a transformer: cutting them off costs about what cutting any such share of the energy does.",
    "KL is an estimate: the mean of log p - log q over tokens that the uncut model sampled; it can come out below 0 where it is nearly 0.",
  ],
  source: [
    {
      text: "FourierCompress, 2025: spectral compression of activations between device and server.",
      values: [{ what: "compression at less than 0.3% loss of accuracy", theirs: "7.6 times", measure: "perplexity-rise" }],
    },
  ],
};
