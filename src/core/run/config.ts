/**
 * What a run is asked to do, as a value: the page's address, the benchmark's input and the API's
 * argument. Everything that a chart varies is a key of it. `parse-config.ts` reads one from
 * anything and refuses what cannot be, `address.ts` writes it after the `#`.
 */

/** A row of `core/strategies/table.ts` says what each is. */
export type Mode =
  | "device-only"
  | "edge-only"
  | "split"
  | "u-split"
  | "speculative"
  | "split-speculative"
  | "colocated"
  | "cooperative"
  | "baseline"
  | "score"
  | "auto";

export const BACKENDS = ["auto", "webgpu", "wasm"] as const;
export type Backend = (typeof BACKENDS)[number];

/** A turn of a conversation; `role` names the token that opens it. */
export interface Message {
  readonly role: "user" | "assistant" | "call" | "result";
  readonly content: string;
}

/** Through which exit split-speculative drafts: a trained one where the model has one for the cut, or always its own norm and head. */
export const EXITS = ["trained", "own"] as const;
export type ExitChoice = (typeof EXITS)[number];

/** What is asked of the link: a preset's name, `trace:name`, or figures. 0 means unshaped. */
export type LinkChoice = string | LinkFigures;

/** Rates in Mbit/s, times in ms, loss as a share of packets in [0, 1). */
export interface LinkFigures {
  readonly uplinkMbps: number;
  readonly downlinkMbps: number;
  readonly rttMs: number;
  readonly jitterMs: number;
  readonly loss: number;
}

/** The cut as a block count, or as a share of the depth ("25%"). */
export type Cut = number | `${number}%`;

/** How the caches of blocks that change tiers come about: carried over the link, or computed anew from the text so far. */
export const MOVE_WAYS = ["carry", "rebuild"] as const;
export type MoveWay = (typeof MOVE_WAYS)[number];

/** A move of the cut in mid-answer: once `after` tokens are there it goes to `cut`. */
export interface ScheduledMove {
  readonly cut: Cut;
  readonly after: number;
  /** Left out, whichever is predicted to be cheaper. */
  readonly way?: MoveWay;
}

/** A hop of a run's path: it ends at block `to`, and is the end device where it has no endpoint and is the first. */
export interface PathStop {
  readonly to: number;
  /** URL of the edge server; left out at the first edge server, the one that served the page. */
  readonly endpoint?: string;
  /** How activations travel to it; left out, as `codec` says. */
  readonly codec?: string;
}

export interface RunConfig {
  readonly mode: Mode;
  readonly model: string;
  /** Blocks on the device under split, u-split and score. */
  readonly cut: Cut;
  /** Blocks the device keeps at the end under u-split. */
  readonly tail: number;
  /** Where the cut goes in mid-answer, in the order of their tokens. */
  readonly moves?: readonly ScheduledMove[];
  /** The codec of the smashed data, by its name in the registry. */
  readonly codec: string;
  readonly kvCache: boolean;
  readonly backend: Backend;
  readonly link: LinkChoice;
  /** One of these four says what is run. */
  readonly prompt?: string;
  readonly promptIds?: readonly number[];
  readonly messages?: readonly Message[];
  readonly maxTokens: number;
  /** The answer goes on past its end, up to `maxTokens`: for long measurements. */
  readonly endless: boolean;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  readonly seed: number;
  /** Proposes tokens where the mode drafts: a model with the same tokenizer. */
  readonly draftModel: string;
  /** Tokens a drafted window has, or the name of the policy that decides. */
  readonly draftLength: number | string;
  readonly exit: ExitChoice;
  /** The verification rule, by its name in the registry. */
  readonly verify: string;
  /** Drafted windows that may be unanswered at a time. */
  readonly windows: number;
  /** Under cooperative: how sure the draft must be to speak unchecked, where asking the edge costs what it usually does. */
  readonly threshold: number;
  /** Repeats the edge's real pass n times, labelled, to stand for a larger model. */
  readonly edgeLoad: number;
  /** Clients that the edge serves at a time: this device, and simulated ones that repeat what it sends. */
  readonly clients: number;
  /** Threads the device computes with under wasm; 0 lets the preflight choose. */
  readonly threads: number;
  // Under `mode=auto`, what the planner has to keep to; 0 is no limit.
  /** Weights, keys and values that the device may hold, in 10^6 bytes. */
  readonly maxDeviceMb: number;
  readonly minDeviceBlocks: number;
  /** Keys and values that the edge may hold for this session, in 10^6 bytes. */
  readonly maxEdgeKvMb: number;
  /** Others that use the edge at the same time. */
  readonly busyClients: number;
  readonly objective: ObjectiveName;
  /** Time per token that least edge compute must keep to. */
  readonly maxTpotMs: number;
  /** Codecs whose loss is accepted; left out, `codec` alone. */
  readonly codecs?: readonly string[];
  /** Another edge server's URL; left out, the one that served the page. */
  readonly edge?: string;
  /** Every hop, the device first, where there are more than the device and one edge server. */
  readonly path?: readonly PathStop[];
}

/** What the planner minimises under `mode=auto`. */
export const OBJECTIVES = ["least-time", "least-edge-compute"] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** What sampling needs, wherever it happens. */
export interface SamplingSettings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}
