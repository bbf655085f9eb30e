/** A run as a value: what goes in, what is written down, and what may be done to it. */
import type { Entry } from "./entry.ts";

export const RUNS = {
  run: { term: "run", short: "One request answered once, from the press of the button to the last token." },
  runConfig: {
    term: "run config",
    short: "Everything that a run is asked to do, as one value: also the page's address and the API's argument.",
    names: ["RunConfig"],
  },
  runRecord: {
    term: "run record",
    short: "Everything measured in one run, with what is needed to trust it.",
    names: ["RunRecord"],
  },
  resolved: {
    term: "resolved",
    short: "What a config came to: no share, no name and no automatic choice is left in it.",
  },
  address: { term: "address", short: "A run config behind the # of the page's URL, where no server sees it." },
  provenance: {
    term: "provenance",
    short: "Where figures come from: code, weights, browser, machine, edge, plugins, date.",
  },
  finish: {
    term: "finish",
    short: "Why an answer ended: the model ended it, a limit, a full context, a stop or a failure.",
    names: ["eos", "length", "context", "stopped", "failed"],
  },
  failure: {
    term: "failure",
    short: "Something that could not be done, as data with a code, which becomes a sentence with a next step.",
  },
  faultInjection: {
    term: "fault injection",
    short: "A fault put in on purpose, to show that the check notices it.",
    names: ["sabotage"],
  },
  plugin: {
    term: "plugin",
    short: "A verification rule, policy or codec from a file of one's own, loaded on both tiers.",
  },
  preflight: { term: "preflight", short: "What this tab can do, found out before the first run." },
  simulatedClient: {
    term: "simulated client",
    short: "A stand-in for another device: it repeats to the edge what a real device sent, at that device's pace.",
    names: ["clients"],
  },
  crowd: { term: "crowd", short: "All simulated clients of a run." },
  edgeLoad: {
    term: "edge load",
    short: "How many times the edge repeats its real pass, to stand for a larger model.",
    unit: "times",
    names: ["edgeLoad"],
  },
  simulatedService: {
    term: "simulated service",
    short: "Made-up, plausible results for the tools that the house models call.",
  },
  toolCall: {
    term: "tool call",
    short: "An answer that names a service and its arguments in place of words for the user.",
  },
  warmUp: { term: "warm-up", short: "A first run that is not counted, since it pays for loading and compiling." },
  recording: {
    term: "recording",
    short: "A real run or result kept in a file, which the page can play without a model.",
  },
  bundle: { term: "bundle", short: "One zip with a figure, its data, records, command and citation." },
  prompt: {
    term: "prompt",
    short: "What a run begins with: a request, a conversation, or token ids.",
    names: ["promptIds", "messages"],
  },
  turn: { term: "turn", short: "What one side of a conversation says at a time: user, model, tool call or result." },
  stream: { term: "stream", short: "Tokens that the edge sends one after another without being asked for each." },
  endless: { term: "endless", short: "The answer goes on past its end up to the limit, for long measurements." },
  tokenLimit: {
    term: "token limit",
    short: "How many tokens an answer may have at most.",
    unit: "tokens",
    names: ["maxTokens"],
  },
} as const satisfies Readonly<Record<string, Entry>>;
