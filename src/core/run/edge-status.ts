/**
 * What an edge server says of how busy it is, at `/status.json`: counts and rates, and nothing that a
 * client wrote or that could name one. Clients are numbered in the order in which they came.
 */
import { flag, list, nullable, number, object, text, whole, type Value } from "../schema/schema.ts";

const count = whole(0);
const numberOrNone = nullable(number);

const servedModel = object({
  name: text,
  blocks: count,
  /** Of the whole model as this server holds it, once however many use it; null until it is loaded. */
  weightBytes: nullable(count),
  /** Clients that use it. */
  clients: count,
});

const edgeClient = object({
  /** The how-manieth since the server started: the only name it has here. */
  number: count,
  model: text,
  /** Blocks [from, to) of the model run here for it. */
  from: count,
  to: count,
  /** Set aside for its keys and values. */
  kvBytes: count,
  /** Over the last seconds; null until there were some. */
  tokensPerSecond: numberOrNone,
  tokens: count,
  /** Its passes are repeated so often, to stand for a larger model. */
  edgeLoad: count,
  /** Its socket is open; else its place is kept for a while. */
  here: flag,
});
export type EdgeClient = Value<typeof edgeClient>;

/** Lists of the same length, one entry every `everyMs`, the newest last. */
const recentLoad = object({
  everyMs: count,
  clients: list(count),
  /** Steps that waited at that moment. */
  waiting: list(count),
  /** Steps that shared a pass, mean over the steps of that time and the most; null where there was none. */
  batch: list(numberOrNone),
  batchMost: list(nullable(count)),
  tokensPerSecond: list(number),
});
export type RecentLoad = Value<typeof recentLoad>;

export const edgeStatus = object({
  /** Since it was started. */
  upMs: count,
  /** After which to ask again: the more ask, the longer. */
  refreshMs: count,
  draining: flag,
  clients: list(edgeClient),
  clientsMost: count,
  waitingMost: count,
  batchMost: count,
  /** Set aside for keys and values, and the most that may be. */
  kvBytes: count,
  kvBytesMost: count,
  /** Of the whole process. */
  residentBytes: count,
  models: list(servedModel),
  /** Refusals and failures told to clients since the start, by code. */
  refusals: list(object({ code: text, count })),
  recent: recentLoad,
});
export type EdgeStatus = Value<typeof edgeStatus>;
