/** 9. Edge compute a token with several clients that draft, against an edge that decodes or drafts by itself. */
import type { Experiment } from "../experiment/experiment.ts";

export const whatDraftingSpares: Experiment = {
  id: "what-drafting-spares",
  number: 9,
  title: "What drafting spares the edge",
  question:
    "With eight clients that draft on their own devices, how much less does the edge compute for a token than one that decodes, or drafts, for them?",
  predict:
    "The paper's figure is 1 + g t_draft / t_verify. With a draft of an eighth of the size and four tokens a window, what does that come to?",
  base: {
    model: "concierge-10m",
    draftModel: "concierge-1m",
    verify: "coupled",
    draftLength: 4,
    windows: 1,
    link: "rtt:20",
    backend: "wasm",
    threads: 1,
    temperature: 0,
    maxTokens: 32,
  },
  sweep: { clients: [1, 4, 8] },
  arms: [
    { name: "speculative", set: { mode: "speculative" } },
    { name: "edge-only", set: { mode: "edge-only" } },
    { name: "co-located", set: { mode: "colocated" } },
    { name: "the draft model alone", set: { mode: "edge-only", model: "concierge-1m" } },
  ],
  prompts: { set: "heldout", count: 5 },
  repeats: 1,
  measures: ["client-edge", "served", "client-tpot", "block-efficiency", "acceptance"],
  charts: [
    {
      kind: "lines",
      title: "Edge compute a token, as times of what clients that draft ask for",
      x: "clients",
      y: "client-edge",
      over: "speculative",
      modelled: "capacity",
    },
    { kind: "lines", title: "Edge compute a token over the clients", x: "clients", y: "client-edge" },
    { kind: "lines", title: "Tokens served over the clients", x: "clients", y: "served" },
  ],
  notice: [
    "Edge-only computes a pass for every token, a client that drafts asks for one pass for several: their ratio is tokens a pass times what a decode step costs of a verification.",
    "An edge that drafts by itself verifies just as often and drafts as well: the modelled line says how much that is from the draft model's own speed there, and the co-located points measure it.",
    "Spared compute is room for clients only once the edge is busy: with few clients all are limited by their links, and the tokens served say so.",
  ],
  source: [
    {
      url: "https://arxiv.org/abs/2606.25091",
      text: "Lyu, Irukulapati and Champati, Speculation at a Distance: Where Edge-Cloud Speculative Decoding Actually Pays Off, 2026: where the server can host both models, co-located speculation is faster than distributed; what distributed drafting buys is server capacity, (1 + g t_draft / t_verify) times the clients.",
    },
  ],
  lesson: {
    questions: [
      {
        kind: "choice",
        ask: "With eight clients, whose tokens cost the edge the least computing?",
        best: "least",
        choices: [
          { text: "The edge decodes every token", at: { chart: 1, of: "edge-only", at: "last" } },
          { text: "The edge drafts and verifies", at: { chart: 1, of: "co-located", at: "last" } },
          { text: "The devices draft, the edge verifies", at: { chart: 1, of: "speculative", at: "last" } },
        ],
      },
      {
        kind: "amount",
        ask: "How many times as much does the edge compute where it decodes every token itself?",
        unit: "times",
        from: 0.5,
        to: 6,
        step: 0.1,
        answer: { chart: 0, of: "edge-only", at: "last" },
      },
    ],
    mark: { at: { chart: 0, of: "co-located", at: "last" }, says: "What drafting itself would cost the edge" },
    why: [
      "A pass over a window costs an edge little more than one over a single token, and several tokens come of it. Who does the drafting decides about the rest: a device's drafting costs the edge nothing.",
      "So distributed drafting is slower than co-located drafting and leaves the edge room for (1 + g t_draft / t_verify) times the clients. With a draft this small that is a modest factor; it grows with the draft and with the length of the window.",
    ],
  },
};
