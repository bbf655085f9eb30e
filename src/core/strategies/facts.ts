/**
 * What everybody must know about a strategy, as one value: its words, the config keys it reads,
 * what it cannot be combined with, where its blocks stand, and its traits. Whoever asks, asks for a
 * trait; no other folder tests a strategy's name. The generators are in `src/engine/strategies`.
 */
import type { Mode, RunConfig } from "../run/config.ts";
import type { Failure } from "../run/failure.ts";
import type { Path } from "../run/path.ts";

/** What can be broken on purpose: the smashed data of a token, or the position from which its step is computed. */
export type Fault = "corrupt-activation" | "rewind-short";

/** Where a model is cut, in blocks, and how a hop is reached from the one before. */
export interface Placing extends Pick<RunConfig, "link" | "codec" | "edge"> {
  readonly cut: number;
  readonly tail: number;
  /** Behind how many blocks the trained exit stands that drafts; null where none does. */
  readonly exit: number | null;
}

/** The plain places of a model: all of it at the edge, all of it on the device, or cut between them. */
export const PLAIN_PLACES = ["edge", "device", "cut"] as const;
export type PlainPlace = (typeof PLAIN_PLACES)[number];

export interface Drafting {
  readonly where: "device" | "edge";
  /** A model of its own, or the model's first blocks and an exit. */
  readonly with: "model" | "exit";
  /** In windows, by the rule that the config names; or one by one, by the coupled rule, where the draft is unsure. */
  readonly judged: "windows" | "when-unsure";
}

/** A run as far as its words need it; `place` is null until it is resolved. */
export interface Placed {
  readonly draftModel: string;
  readonly place: { readonly cut: number; readonly blocks: number; readonly exitDepth: number | null } | null;
}

export interface StrategyFacts<M extends Mode = Mode> {
  readonly name: M;
  readonly label: string;
  /** Who runs what, for somebody who knows none of our words; null where counting the blocks says it. */
  readonly inWords: string | null;
  /** On the page's lists; else it belongs to the API and the lab. */
  readonly listed: boolean;
  /** What stands on the strip in place of the cut; null where the cut does. */
  readonly uncut: string | null;
  /** How "12 ms a token" goes on; null where the cut says it. */
  readonly where: (run: Placed) => string | null;
  /** Keys that change nothing under some other strategy. What no strategy lists, all of them read. */
  readonly reads: readonly (keyof RunConfig)[];
  /** What only this strategy refuses. What follows from its traits is refused by `parse-config.ts`. */
  readonly conflict: (config: RunConfig) => Failure | null;
  /** The hops that a position passes. `cut` and `tail` are within the model's blocks. */
  readonly place: (at: Placing, blocks: number) => Path;
  /** Whether the config's cut is read, or the planner finds one. */
  readonly cut: "none" | "chosen" | "planned";
  /** The plain place that this strategy is, one strategy each: what the planner weighs and the strip's handle stops at. */
  readonly plain: PlainPlace | null;
  /** The device has the last blocks too: activations come back to it, and neither text nor token leaves it. */
  readonly returns: boolean;
  /** The edge's blocks may be divided among several servers, one behind the other. */
  readonly chains: boolean;
  /** The cut can move in mid-answer. */
  readonly movable: boolean;
  /** Past its ends the strip's handle stands for other strategies: all at the edge, all on the device. */
  readonly handle: "within" | "past-the-ends";
  /** What must be open: segments of a model on the device, a session at the edge, somebody else's whole engine. */
  readonly needs: { readonly host: boolean; readonly edge: boolean; readonly generator: boolean };
  readonly yields: "tokens" | "log-probs";
  /** How often an answer waits for the link. `once`: tokens are streamed down as they come. */
  readonly crosses: "never" | "once" | "each-token" | "each-window" | "when-unsure" | "each-stretch";
  /** What proposes tokens, where something does. A draft on the device stands beside the path. */
  readonly drafts: Drafting | null;
  /** Whether its tokens are the uncut model's: always, as far as the verification rule says, or not. */
  readonly lossless: "exact" | "by-rule" | "lossy";
  /** Where the reference may be computed: on the device where nothing may be told. */
  readonly checked: "edge" | "device" | "nowhere";
  /** The next turn of a conversation goes on from its caches. */
  readonly reusable: boolean;
  /** Why simulated devices cannot repeat what it sends; null where they can. */
  readonly unrepeatable: string | null;
  readonly faults: readonly Fault[];
}
