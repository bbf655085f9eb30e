/**
 * What the end device and the edge server say to each other, as values: `frames.ts` turns them
 * into bytes and back, `hello.ts` does the handshake. Subprotocol `cutlayer.v1`.
 *
 * The handshake is two JSON texts; everything after it is binary, one header and one payload.
 * A message is answered by those that carry its `sequence`; asking again with the same position
 * is harmless, which is what makes retry and resume safe.
 */
import type { Failure } from "#core/run/failure.ts";
import type { EdgeDescription } from "#core/run/record.ts";
import type { SamplingSettings } from "#core/run/config.ts";
import type { Segment } from "#core/model/architecture.ts";

export const SUBPROTOCOL = "cutlayer.v1";
/** 2: verdicts and scores say more, the cut can move, plugins are compared. */
export const WIRE_VERSION = 2;
/** Bytes of every binary frame's header. */
export const HEADER_BYTES = 24;

export interface Hello {
  readonly kind: "hello";
  readonly wire: number;
  readonly build: string;
  readonly model: string;
  /** The manifest's revision: both tiers cut the same weights. */
  readonly revision: string;
  /** What the edge is to run. */
  readonly segment: Segment;
  readonly codec: string;
  /** Positions the KV caches must hold. */
  readonly capacity: number;
  readonly kvCache: boolean;
  /** Null where the edge never samples. */
  readonly sampling: SamplingSettings | null;
  readonly edgeLoad: number;
  /** The verification rule, by its name in the registry; null where nothing is drafted. */
  readonly verify: string | null;
  /** The draft model at the edge's own side, where both are there; null where the device drafts or nobody does. */
  readonly draft: DraftAtEdge | null;
  /** SHA-256 of the plugins that codec, rule and policy come from on the device, sorted; left out where there are none. */
  readonly plugins?: readonly string[];
  readonly access: string | null;
  /** The session to go on with, and how many positions the device knows the edge to hold. */
  readonly resume: { readonly session: string; readonly position: number } | null;
}

/** `length` is a draft length or a policy's name. */
export interface DraftAtEdge {
  readonly model: string;
  readonly revision: string;
  readonly length: number | string;
}

export interface Welcome {
  readonly kind: "welcome";
  readonly wire: number;
  readonly build: string;
  /** 128 random bits, hex. */
  readonly session: string;
  /** Positions the edge holds: 0 for a new session, more after a resume. */
  readonly position: number;
  readonly edge: EdgeDescription;
  readonly memory: { readonly weightBytes: number; readonly kvBytes: number };
  readonly maxMessageBytes: number;
  readonly idleTimeoutMs: number;
}

/** Sent as text in place of a welcome, or before the edge closes. */
export interface Refusal {
  readonly kind: "refusal";
  readonly failure: Failure;
}

export type Want = "none" | "last" | "all";
export type MovePhase = "prepare" | "commit";

/** Device to edge. `position` is that of the first of `count` positions. */
export type UpMessage =
  /** Smashed data [count, hidden] in the session's codec; answered by `token`, `activations` or `log-probs`. */
  | {
      readonly kind: "activations";
      readonly sequence: number;
      readonly position: number;
      readonly count: number;
      readonly want: Want;
      readonly payload: Uint8Array;
    }
  /** Token ids in, up to `generate` tokens streamed back, one `token` each (0: just fill the cache, answered by `done`). */
  | {
      readonly kind: "generate";
      readonly sequence: number;
      readonly position: number;
      readonly ids: Uint32Array;
      readonly generate: number;
    }
  /** Teacher-force `ids` from position 0 through the unsplit graph in a session of its own; answered by `verdicts` for the last `judged` of them. */
  | { readonly kind: "check"; readonly sequence: number; readonly ids: Uint32Array; readonly judged: number }
  /** Teacher-force smashed data whose next ids are `targets` [count]; answered by `log-probs`. */
  | {
      readonly kind: "score";
      readonly sequence: number;
      readonly position: number;
      readonly targets: Uint32Array;
      readonly payload: Uint8Array;
    }
  /**
   * A drafted window: `ids` from `position` on, the last `drafted` of them for the edge to judge by
   * the session's rule, those before them (one at least) certain; answered by `verified`. Where the
   * segment begins at a cut the payload begins with the activations of all of them [count, hidden];
   * the rule's evidence follows. One that `follows` was drafted behind the window before it, and
   * is dropped unless that one stood in whole.
   */
  | {
      readonly kind: "verify";
      readonly sequence: number;
      readonly position: number;
      readonly ids: Uint32Array;
      readonly drafted: number;
      readonly follows: boolean;
      readonly payload: Uint8Array;
    }
  /**
   * The cut moves: `prepare` opens the session's segment with blocks [from, to) beside the present
   * one, `commit` puts it in its place with the caches of its blocks up to `position`. Asked again,
   * either does nothing more. Answered by `done` with the positions that the session holds.
   */
  | {
      readonly kind: "move";
      readonly sequence: number;
      readonly phase: MovePhase;
      readonly position: number;
      readonly from: number;
      readonly to: number;
    }
  /** Keys and values of blocks that join what was prepared: per block keys [kvHeads, count, headSize], then values, float32. Answered by `done`. */
  | {
      readonly kind: "kv";
      readonly sequence: number;
      readonly position: number;
      readonly count: number;
      readonly from: number;
      readonly to: number;
      readonly payload: Uint8Array;
    }
  /** Smashed data [count, hidden] in the session's codec through the blocks that join, for their caches alone. Answered by `done`. */
  | {
      readonly kind: "rebuild";
      readonly sequence: number;
      readonly position: number;
      readonly count: number;
      readonly payload: Uint8Array;
    }
  /** Asks for keys and values that the session holds; answered by `kv`. */
  | {
      readonly kind: "fetch";
      readonly sequence: number;
      readonly position: number;
      readonly count: number;
      readonly from: number;
      readonly to: number;
    }
  /** Ends a `generate` under way. */
  | { readonly kind: "stop"; readonly sequence: number }
  /** For the link's own probe: echoed at once, outside the queue. */
  | { readonly kind: "ping"; readonly sequence: number; readonly payload: Uint8Array };

/** The edge's own account of one step, and its running byte counts of the session. */
export interface EdgeTiming {
  readonly queueUs: number;
  readonly computeUs: number;
}

/** Edge to device. */
export type DownMessage =
  /** The sampled token of `position`; `last` ends a stream, `finish` says why. */
  | {
      readonly kind: "token";
      readonly sequence: number;
      readonly position: number;
      readonly id: number;
      readonly finish: "none" | "eos" | "length" | "context";
      readonly timing: EdgeTiming;
    }
  /** Activations [count, hidden] for the device's tail (u-split). */
  | {
      readonly kind: "activations";
      readonly sequence: number;
      readonly position: number;
      readonly count: number;
      readonly payload: Uint8Array;
      readonly timing: EdgeTiming;
    }
  /** Of each position: its target's log-probability, and the id that the model holds most probable there. */
  | {
      readonly kind: "log-probs";
      readonly sequence: number;
      readonly position: number;
      readonly values: Float32Array;
      readonly favourites: Uint32Array;
      readonly timing: EdgeTiming;
    }
  /** Reference tokens, how far each leads over the token given, the reference's own top-2 margin, and the given token's log-probability under it (nats, unfiltered, temperature 1). */
  | {
      readonly kind: "verdicts";
      readonly sequence: number;
      readonly ids: Uint32Array;
      readonly leads: Float32Array;
      readonly margins: Float32Array;
      readonly logProbs: Float32Array;
      readonly timing: EdgeTiming;
    }
  /**
   * Drafted tokens that stand, and the one after them, at `position`; `next` is null where the
   * device is to choose it from `distribution` (as the rule writes it), and in a window that was
   * dropped, of which nothing was computed.
   */
  | {
      readonly kind: "verified";
      readonly sequence: number;
      readonly position: number;
      readonly accepted: number;
      readonly next: number | null;
      readonly dropped: boolean;
      readonly distribution: Uint8Array;
      readonly timing: EdgeTiming;
    }
  /**
   * One round of a session that drafts at the edge, in a stream of them: of `drafted` [n], which
   * begin at `position`, the first `accepted` are text, then `next`, unless the text ended before it.
   */
  | {
      readonly kind: "round";
      readonly sequence: number;
      readonly position: number;
      readonly drafted: Uint32Array;
      readonly accepted: number;
      readonly next: number | null;
      readonly finish: "none" | "eos" | "length" | "context";
      readonly timing: EdgeTiming;
    }
  | { readonly kind: "done"; readonly sequence: number; readonly position: number; readonly timing: EdgeTiming }
  /** What a `fetch` asked for, in the same order as in a `kv` that goes up. */
  | {
      readonly kind: "kv";
      readonly sequence: number;
      readonly position: number;
      readonly count: number;
      readonly payload: Uint8Array;
      readonly timing: EdgeTiming;
    }
  | { readonly kind: "pong"; readonly sequence: number; readonly upBytes: number; readonly downBytes: number }
  | { readonly kind: "failure"; readonly sequence: number; readonly failure: Failure };
