/** 2. The parts of a token's time, per strategy and link. */
import type { Experiment } from "../experiment/experiment.ts";

export const whereTheTimeGoes: Experiment = {
  id: "where-the-time-goes",
  number: 2,
  title: "Where the time goes",
  question: "Of the time a token takes, how much is computing, how much is moving, and how much is waiting?",
  predict: "For a split run over 5G: which part is the largest? Would half the bytes make it faster?",
  base: {
    model: "concierge-10m",
    codec: "f16",
    backend: "wasm",
    threads: 1,
    temperature: 0,
    cut: "33%",
    maxTokens: 16,
  },
  sweep: { link: ["loopback", "wifi6", "5g", "4g"] },
  arms: [
    { name: "split", set: { mode: "split" } },
    { name: "u-split", set: { mode: "u-split", tail: 1 } },
    { name: "edge-only", set: { mode: "edge-only" } },
    { name: "device-only", set: { mode: "device-only" } },
  ],
  prompts: { set: "heldout", count: 4 },
  repeats: 2,
  measures: ["tpot", "ttft", "device", "link", "edge", "up", "down"],
  charts: [{ kind: "parts", title: "Parts of a token's time", panels: "link" }],
  notice: [
    "On every shaped link the round trip is the largest part of a split token; fewer bytes change little, fewer round trips would.",
    "Edge-only pays the round trip once and then streams: its tokens cost the edge's compute alone.",
    "Up and down are apportioned: one clock measures the round trip less the edge's own time, and cannot tell the two directions apart.",
  ],
  source: [
    {
      text: "After the latency breakdowns of Kang et al., Neurosurgeon, ASPLOS 2017, for one token instead of one image.",
      url: "https://doi.org/10.1145/3037697.3037698",
    },
  ],
  lesson: {
    questions: [
      {
        kind: "choice",
        ask: "A split token over 5G: which part takes the longest?",
        best: "most",
        choices: [
          {
            text: "Computing in this tab",
            at: { chart: 0, panel: "link 5g", of: "split", parts: ["deviceMs", "encodeMs", "decodeMs", "sampleMs"] },
          },
          {
            text: "The way there and back",
            at: { chart: 0, panel: "link 5g", of: "split", parts: ["uplinkMs", "downlinkMs"] },
          },
          {
            text: "Waiting and computing at the edge",
            at: { chart: 0, panel: "link 5g", of: "split", parts: ["queueMs", "edgeMs"] },
          },
          {
            text: "Everything else: scheduling, messages between threads",
            at: { chart: 0, panel: "link 5g", of: "split", parts: ["otherMs"] },
          },
        ],
      },
      {
        kind: "amount",
        ask: "From Wi-Fi 6 to 4G: how many times longer does a split token take?",
        unit: "times",
        from: 1,
        to: 12,
        step: 0.5,
        answer: { chart: 0, panel: "link 4g", of: "split" },
        over: { chart: 0, panel: "link wifi6", of: "split" },
      },
    ],
    mark: {
      at: { chart: 0, panel: "link 5g", of: "split" },
      says: "Mostly round trip: half the bytes would change little",
    },
    why: [
      "One token's activation is half a kilobyte, which even a slow uplink sends in a fraction of a millisecond; what takes the time is the distance. So a codec that halves the bytes hardly helps a token, while anything that saves round trips does: streaming from the edge, or drafting several tokens for one trip.",
      "The way there and the way back are apportioned: one clock measures the round trip less the edge's own time, and cannot tell the two directions apart. The breakdown follows Kang et al. (Neurosurgeon, ASPLOS 2017), for one token instead of one image.",
    ],
  },
};
