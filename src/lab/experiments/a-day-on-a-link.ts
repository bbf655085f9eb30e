/** 7. One long run over a replayed trace, adaptive against fixed settings. The planner is Neurosurgeon's search, repeated as the link changes. */
import type { Experiment } from "../experiment/experiment.ts";

export const aDayOnALink: Experiment = {
  id: "a-day-on-a-link",
  number: 7,
  title: "A day on a real link",
  question:
    "Over a link that changes as one moves through a day, what do settings that adapt gain over settings that stay?",
  predict:
    "The link goes from 8 ms to a tunnel's 160 and back. Which of these lines follow it, and which do not move at all?",
  base: {
    model: "concierge-10m",
    draftModel: "concierge-1m",
    codec: "f16",
    link: "trace:synthetic-day",
    backend: "wasm",
    threads: 1,
    temperature: 0.8,
    verify: "coupled",
    maxTokens: 320,
    endless: true,
  },
  sweep: {},
  arms: [
    {
      name: "planned, moves its cut",
      set: { mode: "auto", objective: "least-edge-compute", maxTpotMs: 60, maxDeviceMb: 32, minDeviceBlocks: 1 },
    },
    { name: "cut at a quarter", set: { mode: "split", cut: "25%" } },
    { name: "cut at three quarters", set: { mode: "split", cut: "75%" } },
    { name: "4 drafted", set: { mode: "speculative", draftLength: 4 } },
    { name: "drafts as many as pay", set: { mode: "speculative", draftLength: "optimum" } },
    { name: "edge-only", set: { mode: "edge-only" } },
  ],
  prompts: { set: "heldout", count: 1 },
  repeats: 1,
  measures: ["ttft", "tpot", "device", "edge", "link", "up"],
  charts: [
    { kind: "timeline", title: "Time per token through the day" },
    { kind: "parts", title: "Parts of a token's time, over the whole day" },
  ],
  notice: [
    "Every arm begins the day anew and says as many tokens: one that is fast is done before the day is over, one that is slow begins it again.",
    "A cut pays a round trip for every token, so its line is the link's own plus a constant; where the cut is moves that constant only.",
    "The planned arm asks as little of the edge as its time per token allows. Where the link is slow no cut keeps to the limit, and it takes the fastest one; where it is fast again it moves blocks back to the device. The moves are ringed.",
    "A drafted window shares its round trip among the tokens that stand: the longer the round trip, the more drafting pays, and a length that adapts drafts more in the tunnel and less at the desk.",
    "The trace that ships is synthetic. Drop your own on the page (CSV of time, rates and round trip, or Mahimahi's), or name its file for the command: --set link=trace:./my-day.csv.",
  ],
  source: [
    {
      text: "Kang et al., Neurosurgeon, ASPLOS 2017: the cut is chosen again as the link changes.",
      url: "https://doi.org/10.1145/3037697.3037698",
    },
    {
      text: "Netravali et al., Mahimahi, USENIX ATC 2015: the format of packet-delivery traces that can be replayed here.",
      url: "https://www.usenix.org/conference/atc15/technical-session/presentation/netravali",
    },
  ],
  lesson: {
    questions: [
      {
        kind: "choice",
        ask: "Over the whole day, who has the shortest time per token?",
        best: "least",
        choices: [
          { text: "The planned cut, which moves as the link changes", at: { chart: 1, of: "planned, moves its cut" } },
          { text: "A cut that stays at a quarter of the depth", at: { chart: 1, of: "cut at a quarter" } },
          { text: "Four tokens drafted, whatever the link", at: { chart: 1, of: "4 drafted" } },
          { text: "As many tokens drafted as pay", at: { chart: 1, of: "drafts as many as pay" } },
          { text: "The edge alone, which streams", at: { chart: 1, of: "edge-only" } },
        ],
      },
      {
        kind: "amount",
        ask: "By how many times is a cut that stays slower than drafting as many tokens as pay?",
        unit: "times",
        from: 1,
        to: 20,
        step: 0.5,
        answer: { chart: 1, of: "cut at a quarter" },
        over: { chart: 1, of: "drafts as many as pay" },
      },
    ],
    mark: { at: { chart: 1, of: "planned, moves its cut" }, says: "A trip a token, wherever the cut is" },
    why: [
      "Every token of a cut model pays the round trip, so the link sets its time and the place of the cut only adds to it. Moving the cut cannot make the tunnel shorter. What it can do is what this planner was asked for: keep work off the edge where the time allows. A move costs as much as a few tokens, so over a short day it may not pay: compare it with the cuts that stay.",
      "Drafting and streaming change the number of trips instead. A length that adapts drafts further the longer the trip is, so its line hardly rises in the tunnel.",
    ],
  },
};
