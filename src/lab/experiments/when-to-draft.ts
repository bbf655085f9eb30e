/** 6. Where drafting on the device breaks even with edge-only decoding and with co-located drafting, over RTT and edge speed. */
import type { Experiment } from "../experiment/experiment.ts";

export const whenToDraft: Experiment = {
  id: "when-to-draft",
  number: 6,
  title: "When to draft at all",
  question:
    "At which round trip and which edge speed does drafting on the device pay, against an edge that decodes or drafts by itself?",
  predict:
    "An edge that holds both models drafts without a round trip. Is there any link on which drafting on the device is faster than that?",
  base: {
    model: "concierge-10m",
    draftModel: "concierge-1m",
    verify: "coupled",
    draftLength: 4,
    backend: "wasm",
    threads: 1,
    windows: 1,
    maxTokens: 20,
  },
  sweep: { link: ["rtt:5", "rtt:25", "rtt:60", "rtt:120"], edgeLoad: [1, 8, 32], temperature: [0, 1] },
  arms: [
    { name: "speculative", set: { mode: "speculative" } },
    { name: "edge-only", set: { mode: "edge-only" } },
    { name: "co-located", set: { mode: "colocated" } },
  ],
  prompts: { set: "heldout", count: 3 },
  repeats: 1,
  measures: ["tpot", "ttft", "edge", "acceptance", "block-efficiency"],
  charts: [
    {
      kind: "map",
      title: "Drafting on the device against an edge that streams",
      arm: "speculative",
      against: "edge-only",
      panels: "temperature",
      acceptances: [0.4],
    },
    {
      kind: "map",
      title: "Drafting on the device against drafting at the edge",
      arm: "speculative",
      against: "co-located",
      panels: "temperature",
      acceptances: [0.4],
    },
    { kind: "lines", title: "Edge compute a token over the round trip", x: "link", y: "edge", panels: "edgeLoad" },
  ],
  notice: [
    "Edge-only and co-located drafting stream: the round trip is paid once. Drafting on the device pays it for every window, so it wins to the left of the line only.",
    "The line leans to the right as the edge slows down (its pass repeated): a pass saved is then worth a longer trip. Below it a fast edge says its token before a window could cross.",
    "Another temperature is another acceptance rate, measured; the last panel supposes one, and nothing in it was run. Fewer tokens a round trip, and the line leans back.",
    "Against an edge that holds both models it can win only where that edge drafts more slowly than device and link together. What it buys there is the edge's time: see the last chart, and who is served.",
  ],
  source: [
    {
      text: "Leviathan et al., Fast Inference from Transformers via Speculative Decoding, ICML 2023, theorem 3.8, with a round trip added to each round: faster where e (tau - 1) > RTT + g t_draft.",
      url: "https://arxiv.org/abs/2211.17192",
    },
    {
      text: "Lyu, Irukulapati and Champati, Speculation at a Distance: Where Edge-Cloud Speculative Decoding Actually Pays Off, 2026: where the server can host both models, co-located speculation is faster than distributed; what distributed drafting buys is server capacity, (1 + g t_draft / t_verify) times the clients.",
      url: "https://arxiv.org/abs/2606.25091",
    },
  ],
  lesson: {
    questions: [
      {
        kind: "choice",
        ask: "Greedy, against an edge that decodes and streams: where does drafting in this tab come out best?",
        best: "most",
        choices: [
          {
            text: "A fast edge, a round trip of 5 ms",
            at: { chart: 0, panel: "temperature 0", of: "speculative", at: 5, load: 1 },
          },
          {
            text: "A fast edge, a round trip of 120 ms",
            at: { chart: 0, panel: "temperature 0", of: "speculative", at: 120, load: 1 },
          },
          {
            text: "A slow edge (each pass repeated 32 times), a round trip of 5 ms",
            at: { chart: 0, panel: "temperature 0", of: "speculative", at: 5, load: 32 },
          },
          {
            text: "A slow edge, a round trip of 120 ms",
            at: { chart: 0, panel: "temperature 0", of: "speculative", at: 120, load: 32 },
          },
        ],
      },
      {
        kind: "amount",
        ask: "There, against an edge that holds both models and drafts for itself: how many times its speed?",
        unit: "times",
        from: 0,
        to: 4,
        step: 0.1,
        answer: { chart: 1, panel: "temperature 0", of: "speculative", at: 5, load: 32 },
      },
    ],
    mark: {
      at: { chart: 2, panel: "edgeLoad 32", of: "edge-only, temperature 0", at: "first" },
      says: "What the edge spends on a token when nobody drafts for it",
    },
    why: [
      "Drafting in the tab pays one round trip a window and saves passes of the large model. It wins over edge-only where a pass saved is worth more than a trip: a slow edge, a short way. An edge that holds both models drafts without any trip, so it is at least as fast on every link.",
      "That is the honest baseline (Speculation at a Distance): distributed drafting is not bought for latency. It takes the drafting off the edge, which can then serve (1 + g t_draft / t_verify) times the clients. The last chart shows what a token costs the edge.",
    ],
  },
};
