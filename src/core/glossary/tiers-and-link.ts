/** Where a run computes, and what lies between. */
import type { Entry } from "./entry.ts";

export const TIERS_AND_LINK = {
  tier: { term: "tier", short: "A place that computes a part of a run: the end device, the edge server or the cloud." },
  endDevice: {
    term: "end device",
    short: "The machine of whoever asks; here it is the browser tab that shows the page.",
  },
  edgeServer: {
    term: "edge server",
    short: "The server near the device that runs the rest of the model; here a Node process.",
    names: ["edge"],
  },
  cloud: { term: "cloud", short: "A distant model server that may stand behind the edge server; no run uses one yet." },
  link: {
    term: "link",
    short: "What joins two tiers: a real connection, slowed down where the run asks for a slower one.",
  },
  uplink: { term: "uplink", short: "The direction from the device to the edge server.", unit: "Mbit/s" },
  downlink: { term: "downlink", short: "The direction from the edge server back to the device.", unit: "Mbit/s" },
  rtt: {
    term: "RTT",
    jargon: true,
    short: "Round-trip time: how long the smallest message takes to the other end of the link and back.",
    unit: "ms",
    names: ["rttMs"],
  },
  jitter: {
    term: "jitter",
    jargon: true,
    short: "How much the delay of one message may differ from that of the next.",
    unit: "ms",
    names: ["jitterMs"],
  },
  loss: {
    term: "loss",
    short: "The share of packets that get lost and are sent again, which costs time and never data.",
    unit: "share of packets",
  },
  linkModel: {
    term: "link model",
    short: "The calculation of when a message leaves and arrives; planner, simulator and shaper use the same one.",
  },
  shaper: {
    term: "shaper",
    jargon: true,
    short: "What holds each real message back until the link model says that it would have arrived.",
  },
  preset: {
    term: "preset",
    short: "A link with a name, whose figures each say what they rest on.",
    names: ["loopback", "wifi6", "5g", "5g-mmwave", "6g", "4g", "3g", "satellite"],
  },
  loopback: {
    term: "loopback",
    jargon: true,
    short: "The connection of a machine with itself: what is measured there is not shaped.",
  },
  trace: {
    term: "trace",
    short:
      "A recorded link that is played back: its rates and round trips at each moment, from a CSV or Mahimahi file.",
    names: ["trace:"],
  },
  linkMet: {
    term: "link met",
    short: "The real connection was fast enough to be slowed down to the link that was asked for.",
    names: ["met"],
  },
  path: { term: "path", short: "The hops that a position passes in order, from the device until its token is known." },
  hop: { term: "hop", short: "One step of a path: what one tier runs, and the link and codec that lead to it." },
  span: {
    term: "span",
    short: "A stretch of a token's or a round's time: at which hop it was spent, for which part, and how long.",
    unit: "ms",
  },
  routing: {
    term: "routing",
    short: "Choosing which tier's model answers a request; a path is how the chosen one computes.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
