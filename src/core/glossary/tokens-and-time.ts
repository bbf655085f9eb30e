/** How long a token took, where, and how that is known. */
import type { Entry } from "./entry.ts";

export const TOKENS_AND_TIME = {
  prefill: {
    term: "prefill",
    jargon: true,
    short: "Computing all positions of the prompt at once, before the first token.",
  },
  decode: { term: "decode", short: "Computing one new token after another, each from the tokens before it." },
  ttft: {
    term: "TTFT",
    jargon: true,
    short: "Time to first token: from the press of the button until the first token of the answer is there.",
    unit: "ms",
    names: ["ttftMs"],
  },
  tpot: {
    term: "TPOT",
    jargon: true,
    short: "Time per output token: how long each token after the first takes.",
    unit: "ms",
    names: ["tpotMs"],
  },
  tpotP95: {
    term: "TPOT, 95th percentile",
    short: "The time that 95 of 100 tokens after the first stay below.",
    unit: "ms",
    names: ["tpotP95Ms"],
  },
  tokensPerSecond: {
    term: "tokens per second",
    short: "How many tokens come in a second once the first is there.",
    unit: "tokens/s",
  },
  part: { term: "part", short: "One of nine shares of a token's time; together they make up all of it.", unit: "ms" },
  devicePart: {
    term: "device time",
    short: "The part in which the tab runs its blocks.",
    unit: "ms",
    names: ["deviceMs"],
  },
  encodePart: {
    term: "encoding",
    short: "The part in which the codec packs the activations.",
    unit: "ms",
    names: ["encodeMs"],
  },
  uplinkPart: {
    term: "uplink time",
    short: "The part on the way to the edge: an apportioned share of the measured round trip.",
    unit: "ms",
    names: ["uplinkMs"],
  },
  queuePart: {
    term: "queue time",
    short: "The part in which a step waits at the edge for its turn.",
    unit: "ms",
    names: ["queueMs"],
  },
  edgePart: {
    term: "edge time",
    short: "The part in which the edge runs its blocks, by its own clock.",
    unit: "ms",
    names: ["edgeMs"],
  },
  downlinkPart: {
    term: "downlink time",
    short: "The part on the way back: an apportioned share of the measured round trip.",
    unit: "ms",
    names: ["downlinkMs"],
  },
  unpackPart: {
    term: "unpacking",
    short: "The part in which the codec unpacks a reply.",
    unit: "ms",
    names: ["decodeMs"],
  },
  samplePart: {
    term: "sampling time",
    short: "The part in which the device chooses the token.",
    unit: "ms",
    names: ["sampleMs"],
  },
  outagePart: {
    term: "outage",
    short: "The part in which the edge server was away and nothing else was done: no speed counts it.",
    unit: "ms",
    names: ["outageMs", "outages"],
  },
  otherPart: {
    term: "other time",
    short: "The part that is none of the others: scheduling, and messages between threads.",
    unit: "ms",
    names: ["otherMs"],
  },
  measured: { term: "measured", short: "Read off a clock or counted in the run itself." },
  modelled: { term: "modelled", short: "Calculated from measured times and the link model; nothing ran that way." },
  added: {
    term: "added",
    short: "What the shaper put on top of the real connection's own time, known exactly.",
    unit: "ms",
    names: ["addedMs"],
  },
  apportioned: {
    term: "apportioned",
    short: "Divided by a rule: one clock measures a round trip and cannot tell up from down.",
  },
  simulated: { term: "simulated", short: "Done by something that stands for the real thing, and labelled so." },
  upBytes: {
    term: "bytes up",
    short: "The bytes of the real messages from the device to the edge.",
    unit: "bytes",
    names: ["upBytes"],
  },
  downBytes: {
    term: "bytes down",
    short: "The bytes of the real messages from the edge to the device.",
    unit: "bytes",
    names: ["downBytes"],
  },
  edgeComputePerToken: {
    term: "edge compute a token",
    short: "The edge's own computing time for one token: what splitting and drafting save it.",
    unit: "ms",
  },
  clockResolution: {
    term: "clock resolution",
    short: "The smallest step that the browser's clock makes; shorter times are no measurements.",
    unit: "ms",
    names: ["clockResolutionMs"],
  },
} as const satisfies Readonly<Record<string, Entry>>;
