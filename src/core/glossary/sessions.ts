/** What is kept between steps and between runs, and what the two ends say to each other. */
import type { Entry } from "./entry.ts";

export const SESSIONS = {
  kvCache: {
    term: "KV cache",
    jargon: true,
    short: "The keys and values of earlier positions, kept so that a new token need not compute them again.",
    unit: "bytes",
    names: ["kvCache"],
  },
  capacity: { term: "capacity", short: "How many positions a KV cache has room for.", unit: "positions" },
  step: { term: "step", short: "One request to a segment: some positions go in, activations or scores come out." },
  session: {
    term: "session",
    short: "A segment held open with its KV cache, on either tier, for one answer or conversation.",
  },
  rewind: {
    term: "rewind",
    short: "Going back to an earlier position: what lies behind it in the cache no longer counts.",
  },
  replay: {
    term: "replay",
    short: "Sending the text so far again, so that an edge which lost a session can rebuild it.",
  },
  resume: { term: "resume", short: "Going on with a session over a new connection after the old one broke." },
  reusedPositions: {
    term: "reused positions",
    short: "The beginning of a prompt that both caches still hold from the turn before.",
    unit: "positions",
  },
  lease: {
    term: "lease",
    short: "Tiers that stay open between runs, so that the next turn finds its beginning in their caches.",
  },
  moveOfCut: { term: "move", short: "Shifting the cut in the middle of an answer.", names: ["moves"] },
  carry: { term: "carry", short: "A move that sends the caches of the moving blocks over the link.", names: ["carry"] },
  rebuild: {
    term: "rebuild",
    short: "A move that computes the caches of the moving blocks again from the text so far.",
    names: ["rebuild"],
  },
  seat: { term: "seat", short: "One client's place at the edge: its segment, its cache, and what it may ask for." },
  computeLane: {
    term: "compute lane",
    short: "A compute thread of the edge with the queue of work that waits for it.",
  },
  queue: {
    term: "queue",
    short: "Where steps wait at the edge; clients take turns, so that none waits behind all of another's.",
  },
  batch: {
    term: "batch",
    short:
      "Steps of different clients that go through the weights together: the weights are read once for all of them.",
  },
  wire: {
    term: "wire",
    short: "What travels between tab and edge: one WebSocket with a greeting, then numbered messages.",
  },
  hello: {
    term: "hello",
    short: "The first message of a session: versions, model, segment, codec, and what it wants to resume.",
  },
  frame: { term: "frame", short: "One binary message: a header of 24 bytes and what it carries." },
  heartbeat: { term: "heartbeat", short: "A small message now and then that shows that the other end is still there." },
  accessToken: {
    term: "access token",
    short: "The password that an edge server may ask for; no record or shared link holds it.",
    names: ["access"],
  },
} as const satisfies Readonly<Record<string, Entry>>;
