/** 6. Where drafting on the device breaks even with edge-only decoding and with co-located drafting, over RTT and edge speed. */
import type { Experiment } from "../experiment.ts";

export const whenToDraft: Experiment = {
  id: "when-to-draft",
  number: 6,
  title: "When to draft at all",
  question: "At which round trip and which edge speed does drafting on the device pay, against an edge that decodes or drafts by itself?",
  predict: "An edge that holds both models drafts without a round trip. Is there any link on which drafting on the device is faster than that?",
  base: { model: "concierge-10m", draftModel: "concierge-1m", verify: "coupled", draftLength: 4, backend: "wasm", threads: 1, temperature: 0, maxTokens: 24 },
  sweep: { link: ["rtt:2", "rtt:20", "rtt:60", "rtt:120"], edgeLoad: [1, 12] },
  arms: [
    { name: "speculative", set: { mode: "speculative" } },
    { name: "edge-only", set: { mode: "edge-only" } },
    { name: "co-located", set: { mode: "colocated" } },
  ],
  prompts: { set: "heldout", count: 4 },
  repeats: 1,
  measures: ["tpot", "ttft", "edge", "block-efficiency"],
  charts: [
    { kind: "lines", title: "Time per token over the round trip", x: "link", y: "tpot", panels: "edgeLoad" },
    { kind: "lines", title: "Edge compute a token over the round trip", x: "link", y: "edge", panels: "edgeLoad" },
  ],
  notice: [
    "Edge-only and co-located drafting stream: the round trip is paid once, and their lines are flat. Drafting on the device pays it for every window.",
    "A slower edge (its pass repeated) moves the break-even to longer round trips: then a pass saved is worth more than a trip.",
    "What drafting on the device buys even where it is slower is the edge's time for drafting: see the second chart.",
  ],
  source: [
    {
      text: "Speculation at a Distance: where the server can host both models, co-located speculation is faster than distributed; what distributed drafting buys is server capacity, (1 + g t_draft / t_verify) times the clients.",
    },
  ],
};
