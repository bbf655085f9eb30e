/** 3. Bytes and time per token against context length, with and without a KV cache, and what the cache costs in memory. */
import type { Experiment } from "../experiment/experiment.ts";

export const whatTheCacheSaves: Experiment = {
  id: "what-the-cache-saves",
  number: 3,
  title: "What the KV cache saves",
  question:
    "What does a token cost in bytes and time as the context grows, with the keys and values kept on both sides and without?",
  predict:
    "Without a cache the whole context crosses the link for every token. How long must the context be until that hurts?",
  base: {
    mode: "split",
    model: "concierge-10m",
    cut: "50%",
    codec: "f16",
    backend: "wasm",
    threads: 1,
    link: "5g",
    temperature: 0,
    maxTokens: 5,
  },
  sweep: { kvCache: [true, false] },
  arms: [{ name: "split", set: {} }],
  prompts: { set: "heldout", count: 3, words: [8, 40, 90, 160] },
  repeats: 1,
  measures: ["tpot", "up", "device", "edge", "link", "device-kv", "edge-kv"],
  charts: [
    { kind: "lines", title: "Bytes up a token over the context", x: "context", y: "up" },
    { kind: "lines", title: "Time per token over the context", x: "context", y: "tpot" },
    {
      kind: "lines",
      title: "Keys and values held on both tiers over the context",
      x: "context",
      y: "device-kv",
      upper: "edge-kv",
    },
  ],
  notice: [
    "With the cache one activation goes up per token, whatever the context; without it the whole context does, and both tiers compute it again.",
    "The cache is memory on both tiers: each holds the keys and values of its own blocks, for the capacity agreed on at the start of the run.",
  ],
  source: [
    {
      text: "Pope et al., Efficiently Scaling Transformer Inference, MLSys 2023, on what the cache costs. Its size: 2 x blocks x key-value heads x head size x bytes a number, for every position.",
      url: "https://arxiv.org/abs/2211.05102",
    },
  ],
  lesson: {
    questions: [
      {
        kind: "amount",
        ask: "At the longest context, without a cache: how many times the bytes up of a token with one?",
        unit: "times",
        from: 1,
        to: 400,
        step: 5,
        answer: { chart: 0, of: "split, kvCache false", at: "last" },
        over: { chart: 0, of: "split, kvCache true", at: "last" },
      },
      {
        kind: "choice",
        ask: "Which of these tokens takes the least time?",
        best: "least",
        choices: [
          { text: "The shortest context, with a cache", at: { chart: 1, of: "split, kvCache true", at: "first" } },
          { text: "The shortest context, without", at: { chart: 1, of: "split, kvCache false", at: "first" } },
          { text: "The longest context, without", at: { chart: 1, of: "split, kvCache false", at: "last" } },
        ],
      },
    ],
    mark: {
      at: { chart: 0, of: "split, kvCache false", at: "last" },
      says: "The whole context crosses the link for one token",
    },
    why: [
      "Attention looks at the keys and values of every earlier position. Kept on both tiers, they need not be computed or sent again: one activation goes up a token, whatever the context. Without them the activations of the whole context go up for every token, and both tiers compute it anew, so bytes and time grow with the length of the text.",
      "What it costs is memory, on both sides: 2 x blocks x key-value heads x head size x bytes a number for every position (Pope et al., MLSys 2023). The third chart shows the device's share, in steps because capacity is set aside in buckets.",
    ],
  },
};
