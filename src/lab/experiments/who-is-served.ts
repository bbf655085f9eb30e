/** 8. TTFT and TPOT over the number of clients of one edge. Source of the modelled lines: Reiser and Lavenberg, JACM 1980. */
import type { Experiment } from "../experiment/experiment.ts";

export const whoIsServed: Experiment = {
  id: "who-is-served",
  number: 8,
  title: "Who is served",
  question:
    "How do the times of a client, its share of the edge and the tokens served change with the number of clients on one edge?",
  predict:
    "With one client edge-only is the fastest. At how many clients is it the slowest, and which strategy does the edge serve most of?",
  base: {
    model: "concierge-10m",
    draftModel: "concierge-1m",
    verify: "coupled",
    draftLength: 4,
    windows: 1,
    cut: "50%",
    codec: "f16",
    link: "rtt:20",
    backend: "wasm",
    threads: 1,
    temperature: 0,
    maxTokens: 24,
  },
  sweep: { clients: [1, 2, 4, 8, 16, 32] },
  arms: [
    { name: "edge-only", set: { mode: "edge-only" } },
    { name: "split", set: { mode: "split" } },
    { name: "speculative", set: { mode: "speculative" } },
  ],
  prompts: { set: "heldout", count: 3 },
  repeats: 1,
  measures: [
    "client-ttft",
    "client-ttft-p95",
    "client-tpot",
    "client-tpot-p95",
    "unfairness",
    "client-queue",
    "served",
    "client-edge",
    "tpot",
    "device",
  ],
  charts: [
    {
      kind: "lines",
      title: "Time per token over the clients",
      x: "clients",
      y: "client-tpot",
      upper: "client-tpot-p95",
      modelled: "waiting",
    },
    {
      kind: "lines",
      title: "Time to the first token over the clients",
      x: "clients",
      y: "client-ttft",
      upper: "client-ttft-p95",
    },
    { kind: "lines", title: "Tokens served over the clients", x: "clients", y: "served" },
    { kind: "lines", title: "Waiting for the edge over the clients", x: "clients", y: "client-queue" },
    { kind: "lines", title: "How unlike clients are served", x: "clients", y: "unfairness" },
    { kind: "lines", title: "Edge compute a token over the clients", x: "clients", y: "client-edge" },
  ],
  notice: [
    "A client that computes or waits for its link does not occupy the edge: split and speculative clients are slower alone and stay as fast for longer, until the edge is busy all the time.",
    "Once it is busy, each further client adds the edge's time for one token to everybody's: the line climbs by what the last chart shows, so the strategy that asks least of the edge ends lowest.",
    "The queue takes turns, so clients are served alike: what spread there is comes from where in an answer each one stands.",
    "All clients but one are simulated devices. The edge's work for them is real: sessions, blocks and caches of their own, asked over sockets with what a real device sent, at its pace.",
  ],
  source: [
    {
      text: "Reiser and Lavenberg, Mean-Value Analysis of Closed Multichain Queuing Networks, JACM 1980: the modelled lines, from the times of one client.",
      url: "https://doi.org/10.1145/322186.322195",
    },
  ],
  lesson: {
    questions: [
      {
        kind: "choice",
        ask: "With as many clients as were run, who waits least for a token?",
        best: "least",
        choices: [
          { text: "Clients whose edge does everything", at: { chart: 0, of: "edge-only", at: "last" } },
          { text: "Clients that compute half of the blocks", at: { chart: 0, of: "split", at: "last" } },
          { text: "Clients that draft", at: { chart: 0, of: "speculative", at: "last" } },
        ],
      },
      {
        kind: "amount",
        ask: "By how many times does edge-only's time per token grow from one client to the most?",
        unit: "times",
        from: 1,
        to: 64,
        step: 1,
        answer: { chart: 0, of: "edge-only", at: "last" },
        over: { chart: 0, of: "edge-only", at: "first" },
      },
    ],
    mark: { at: { chart: 0, of: "edge-only", at: "last" }, says: "Each waits for everybody's passes" },
    why: [
      "An edge that decodes for everybody is busy from the first client on: the next one adds a whole pass to everybody's token. A client that computes by itself, or waits for its link, leaves the edge free meanwhile, so its line is flat until the edge has no free time left.",
      "From there on every line climbs by the edge's time for one token, which is what splitting and drafting make smaller. That is what they buy, and the first chart's left end is what they cost.",
    ],
  },
};
