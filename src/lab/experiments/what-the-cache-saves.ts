/** 3. Bytes and time per token against context length, with and without a KV cache, and what the cache costs in memory. */
import type { Experiment } from "../experiment.ts";

export const whatTheCacheSaves: Experiment = {
  id: "what-the-cache-saves",
  number: 3,
  title: "What the KV cache saves",
  question: "What does a token cost in bytes and time as the context grows, with the keys and values kept on both sides and without?",
  predict: "Without a cache the whole context crosses the link for every token. How long must the context be until that hurts?",
  base: { mode: "split", model: "concierge-10m", cut: "50%", codec: "f16", backend: "wasm", threads: 1, link: "5g", temperature: 0, maxTokens: 5 },
  sweep: { kvCache: [true, false] },
  arms: [{ name: "split", set: {} }],
  prompts: { set: "heldout", count: 3, words: [8, 40, 90, 160] },
  repeats: 1,
  measures: ["tpot", "up", "device", "edge", "link", "device-kv", "edge-kv"],
  charts: [
    { kind: "lines", title: "Bytes up a token over the context", x: "context", y: "up" },
    { kind: "lines", title: "Time per token over the context", x: "context", y: "tpot" },
    { kind: "lines", title: "Keys and values held on the device over the context", x: "context", y: "device-kv" },
  ],
  notice: [
    "With the cache one activation goes up per token, whatever the context; without it the whole context does, and both tiers compute it again.",
    "The cache is memory on both tiers: each holds the keys and values of its own blocks, for the capacity agreed on at the start of the run.",
  ],
  source: [
    {
      text: "Pope et al., Efficiently Scaling Transformer Inference, MLSys 2023, section 2: the cache's size is 2 x blocks x key-value heads x head size x bytes a number, for every position.",
      url: "https://arxiv.org/abs/2211.05102",
    },
  ],
};
