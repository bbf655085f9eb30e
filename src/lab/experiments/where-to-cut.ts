/** 1. TTFT and TPOT against the cut, for several links. Source: Kang et al., Neurosurgeon, ASPLOS 2017. */
import type { Experiment } from "../experiment/experiment.ts";

export const whereToCut: Experiment = {
  id: "where-to-cut",
  number: 1,
  title: "Where to cut",
  question:
    "How do the time to the first token and the time per token depend on where the model is cut, and on the link?",
  predict:
    "Draw time per token over the cut before it runs: is it a valley, a hill or a line? Does a slower link move the best cut?",
  base: { model: "concierge-10m", codec: "f16", backend: "wasm", threads: 1, temperature: 0, maxTokens: 16 },
  sweep: { cut: ["0%", "25%", "50%", "75%", "100%"], link: ["loopback", "wifi6", "5g"] },
  arms: [
    { name: "split", set: { mode: "split" } },
    { name: "edge-only", set: { mode: "edge-only" } },
    { name: "device-only", set: { mode: "device-only" } },
  ],
  prompts: { set: "heldout", count: 4 },
  repeats: 2,
  measures: ["ttft", "setup", "tpot", "device", "edge", "link", "up"],
  charts: [
    {
      kind: "lines",
      title: "Time per token over the cut",
      x: "cut",
      y: "tpot",
      panels: "link",
      modelled: "tpot",
      optimum: "least",
    },
    {
      kind: "lines",
      title: "Time to the first token over the cut",
      x: "cut",
      y: "ttft",
      panels: "link",
      modelled: "ttft",
      optimum: "least",
    },
    { kind: "lines", title: "Edge compute a token over the cut", x: "cut", y: "edge", panels: "link" },
  ],
  notice: [
    "Time per token is a straight line over the cut: the activation has the same width at every cut, so the link costs the same everywhere and each block only moves from one tier to the other.",
    "A straight line has its best point at an end. What bends the choice is a limit: the tab's memory, a download, a minimum of blocks kept on the device, a busy edge.",
    "Edge-only streams its tokens and pays no round trip per token; on a slow link it beats every cut. What splitting buys stands in the third chart: edge compute.",
    "The first token carries the whole prompt's activations up, so its time grows with prompt length over the uplink's rate.",
  ],
  source: [
    {
      text: "Kang et al., Neurosurgeon, ASPLOS 2017: the best cut of a convolutional network lies inside, because its layers shrink the data; a transformer's do not.",
      url: "https://doi.org/10.1145/3037697.3037698",
      values: [{ what: "end-to-end latency against cloud-only, mean over eight networks", theirs: "3.1 times better" }],
    },
  ],
  lesson: {
    questions: [
      {
        kind: "choice",
        ask: "Over 5G, which way gives the shortest time per token?",
        best: "least",
        choices: [
          {
            text: "Cut at 0: this tab keeps the embedding, the edge runs every block",
            at: { chart: 0, panel: "link 5g", of: "split", at: "first" },
          },
          { text: "Cut at half the depth", at: { chart: 0, panel: "link 5g", of: "split", at: 6 } },
          {
            text: "Cut at 12: this tab runs every block, the edge the head",
            at: { chart: 0, panel: "link 5g", of: "split", at: "last" },
          },
          {
            text: "No cut, all at the edge, which streams its tokens",
            at: { chart: 0, panel: "link 5g", of: "edge-only" },
          },
          { text: "No cut, all in this tab", at: { chart: 0, panel: "link 5g", of: "device-only" } },
        ],
      },
      {
        kind: "amount",
        ask: "Cut at half the depth, over 5G: how many times the time per token of edge-only?",
        unit: "times",
        from: 0.5,
        to: 20,
        step: 0.5,
        answer: { chart: 0, panel: "link 5g", of: "split", at: 6 },
        over: { chart: 0, panel: "link 5g", of: "edge-only" },
      },
    ],
    mark: {
      at: { chart: 0, panel: "link 5g", of: "split", at: 6 },
      says: "The cut hardly moves the line: every token pays the round trip",
    },
    why: [
      "A split token needs an answer from the edge before the next can begin, so it pays the link's round trip each time. Edge-only pays it once: the edge feeds its own tokens back and streams them. What the cut moves is compute, and that is a straight line: the activation is as wide after block 1 as after block 11, so each block costs one tier its time and saves it the other.",
      "A convolutional network shrinks its data as it goes, and its best cut lies inside (Kang et al., Neurosurgeon, ASPLOS 2017). A transformer's does not: a line is best at an end, unless something bends it, such as the tab's memory, a download, privacy or a busy edge. The third chart shows what splitting buys all the same: less compute at the edge.",
    ],
  },
};
