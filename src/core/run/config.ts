/**
 * What a run is asked to do, as a value: the page's address, the benchmark's input and the API's
 * argument. Everything that a chart varies is a key of it, and every key is a schema. `config-keys.ts`
 * says how each is read from text, `parse-config.ts` refuses what cannot be, `address.ts` writes one after the `#`.
 */
import { SAMPLING, TOKEN_ID_MAX } from "../sampling/settings.ts";
import {
  between,
  either,
  flag,
  holding,
  listOf,
  looksLike,
  matching,
  number,
  object,
  oneOf,
  optional,
  text,
  whole,
  type Value,
} from "../schema/schema.ts";

/** A row of `core/strategies/table.ts` says what each is. In the order in which the page lists them. */
export const MODES = [
  "split",
  "auto",
  "u-split",
  "edge-only",
  "device-only",
  "speculative",
  "split-speculative",
  "colocated",
  "cooperative",
  "baseline",
  "score",
] as const;
export type Mode = (typeof MODES)[number];

export const BACKENDS = ["auto", "webgpu", "wasm"] as const;
export type Backend = (typeof BACKENDS)[number];

/** A turn of a conversation; `role` names the token that opens it. */
export const ROLES = ["user", "assistant", "call", "result"] as const;
const message = object({ role: oneOf(...ROLES), content: text });
export type Message = Value<typeof message>;

/** Through which exit split-speculative drafts: a trained one where the model has one for the cut, or always its own norm and head. */
export const EXITS = ["trained", "own"] as const;
export type ExitChoice = (typeof EXITS)[number];

/** Rates in Mbit/s, times in ms, loss as a share of packets in [0, 1). */
export const linkFigures = object({
  uplinkMbps: number,
  downlinkMbps: number,
  rttMs: number,
  jitterMs: number,
  loss: number,
});
export type LinkFigures = Value<typeof linkFigures>;

/** What is asked of the link: a preset's name, `trace:name`, or figures. 0 means unshaped. */
const linkChoice = either("a link's name or its figures", text, linkFigures);
export type LinkChoice = Value<typeof linkChoice>;

const CUT_EXPECTED = "a number of blocks from 0 up, or a share of the depth from 0% to 100%";
const isShare = (value: unknown): boolean =>
  typeof value === "string" && /^\d+(\.\d+)?%$/.test(value) && Number.parseFloat(value) <= 100;

/** The cut as a block count, or as a share of the depth ("25%"). */
export const cut = either(CUT_EXPECTED, whole(0), looksLike<`${number}%`>(isShare, CUT_EXPECTED));
export type Cut = Value<typeof cut>;

/** How the caches of blocks that change tiers come about: carried over the link, or computed anew from the text so far. */
export const MOVE_WAYS = ["carry", "rebuild"] as const;
export type MoveWay = (typeof MOVE_WAYS)[number];

/** A move of the cut in mid-answer: once `after` tokens are there it goes to `cut`. */
const scheduledMove = object({
  cut,
  after: whole(1, 1_000_000, "tokens before the cut moves"),
  /** Left out, whichever is predicted to be cheaper. */
  way: optional(oneOf(...MOVE_WAYS)),
});
export type ScheduledMove = Value<typeof scheduledMove>;

export const MOVES_EXPECTED =
  "cuts with the number of tokens before each, as in 8@10,2@20: 8 blocks after 10 tokens, 2 after 20; :carry or :rebuild behind one says how";
const moves = holding(
  listOf(scheduledMove, 1, MOVES_EXPECTED),
  (all) => all.every(({ after }, index) => index === 0 || after > (all[index - 1]?.after ?? 0)),
  "moves in the order of their tokens, one at a time",
);

const PATH_EXPECTED =
  "hops in order, each by the block at which it ends, those behind the device with an edge server's URL and perhaps a codec, as in 4,8@http://edge:8080/f16,12@http://second:8081";
const HOPS_MOST = 8;

/** One hop: it runs up to block `to`. The first is the device; the others are edge servers. */
const pathStop = object({
  to: whole(0),
  /** URL of the edge server; left out at the first edge server, the one that served the page. */
  endpoint: optional(matching(/^(https?|wss?):\/\/[^\s/?#,@]+$/i, PATH_EXPECTED)),
  /** How activations travel to it; left out, as `codec` says. */
  codec: optional(text),
});
export type PathStop = Value<typeof pathStop>;

const path = holding(
  listOf(pathStop, 2, PATH_EXPECTED),
  (stops) =>
    stops.length <= HOPS_MOST &&
    stops.every(({ to, endpoint, codec }, hop) => {
      const named = hop === 0 ? endpoint === undefined && codec === undefined : hop === 1 || endpoint !== undefined;
      return named && to >= (stops[hop - 1]?.to ?? 0);
    }),
  PATH_EXPECTED,
);

/** What the planner minimises under `mode=auto`. */
export const OBJECTIVES = ["least-time", "least-edge-compute"] as const;

const modelName = matching(/^[^\s/\\][^/\\]*$/, "a model's name");
const PROMPT_EXPECTED = "a prompt that is not empty";
const MESSAGES_EXPECTED = "a list of messages, at least one, each with role and content";
const megabytes = (what: string) => between(0, 1e9, `10^6 bytes ${what}, 0 for no limit`);

/** What runs of every kind are asked: a model, its path through the tiers, and what they compute with. */
const SHARED = {
  model: modelName,
  /** Blocks on the device, where the strategy cuts. */
  cut,
  /** Blocks the device keeps at the end under u-split. */
  tail: whole(1, 10_000, "blocks the device keeps at the end"),
  /** The codec of the smashed data, by its name in the registry. */
  codec: text,
  link: linkChoice,
  /** Every hop, the device first, where there are more than the device and one edge server. */
  path: optional(path),
  /** Another edge server's URL; left out, the one that served the page. */
  edge: optional(
    matching(/^(https?|wss?):\/\/[^\s/?#]+[^\s?#]*$/i, "an edge server's URL: http(s)://host or ws(s)://host"),
  ),
  backend: oneOf(...BACKENDS),
  /** Threads the device computes with under wasm; 0 lets the preflight choose. */
  threads: whole(0, 256, "threads, 0 to let the preflight choose"),
  seed: SAMPLING.seed,
};
const sharedConfig = object(SHARED);
export type SharedConfig = Value<typeof sharedConfig>;

/** The keys of a run that generates. */
export const GENERATE = {
  ...SHARED,
  mode: oneOf(...MODES),
  /** Where the cut goes in mid-answer, in the order of their tokens. */
  moves: optional(moves),
  kvCache: flag,
  /** One of these three says what is run. */
  prompt: optional(holding(text, (prompt) => prompt.trim() !== "", PROMPT_EXPECTED)),
  promptIds: optional(listOf(whole(0, TOKEN_ID_MAX, "a token id"), 1, "token ids, at least one")),
  messages: optional(listOf(message, 1, MESSAGES_EXPECTED)),
  maxTokens: whole(1, 1_000_000, "output tokens at most"),
  /** The answer goes on past its end, up to `maxTokens`: for long measurements. */
  endless: flag,
  temperature: SAMPLING.temperature,
  topK: SAMPLING.topK,
  topP: SAMPLING.topP,
  /** Proposes tokens where the mode drafts: a model with the same tokenizer, or "lookup" for what the text has said before. */
  draftModel: modelName,
  /** Tokens a drafted window has, or the name of the policy that decides. */
  draftLength: either("drafted tokens a window, or a policy's name", whole(1), text),
  exit: oneOf(...EXITS),
  /** The verification rule, by its name in the registry. */
  verify: text,
  /** Drafted windows that may be unanswered at a time. */
  windows: whole(1, 8, "drafted windows that may be unanswered"),
  /** Under cooperative: how sure the draft must be to speak unchecked, where asking the edge costs what it usually does. */
  threshold: between(0, 1, "a probability from 0 to 1"),
  /** Repeats the edge's real pass n times, labelled, to stand for a larger model. */
  edgeLoad: whole(1, 1000, "repeats of the edge's pass"),
  /** Clients that the edge serves at a time: this device, and simulated ones that repeat what it sends. */
  clients: whole(1, 64, "clients of the edge, this device among them"),
  // Under `mode=auto`, what the planner has to keep to; 0 is no limit.
  /** Weights, keys and values that the device may hold, in 10^6 bytes. */
  maxDeviceMb: megabytes("that the device may hold"),
  minDeviceBlocks: whole(0, 10_000, "blocks that stay on the device"),
  /** Keys and values that the edge may hold for this session, in 10^6 bytes. */
  maxEdgeKvMb: megabytes("of keys and values at the edge"),
  /** Others that use the edge at the same time. */
  busyClients: whole(0, 10_000, "others that use the edge"),
  objective: oneOf(...OBJECTIVES),
  /** Time per token that least edge compute must keep to. */
  maxTpotMs: between(0, 1e6, "ms a token, 0 for no limit"),
  /** Codecs whose loss is accepted; left out, `codec` alone. */
  codecs: optional(listOf(text, 1, "codecs by name, at least one")),
};
export const generateConfig = object(GENERATE);
export type GenerateConfig = Value<typeof generateConfig>;

/** Most of the project is about runs that generate. */
export type RunConfig = GenerateConfig;
