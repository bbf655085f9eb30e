/**
 * What two tiers say to each other before the first frame, as values (`hello.ts` reads and writes
 * them), and what the protocol is called. The frames' messages are the rows of
 * `core/frames/message-table.ts`; `frames.ts` turns them into bytes and back. Subprotocol `cutlayer.v1`.
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
/** 3: a step names its session, adapter and version. 2: verdicts and scores say more, the cut can move, plugins are compared. */
export const WIRE_VERSION = 3;

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
  /** The hops behind this edge server, in order: it opens the first and tells it of the others. Left out where it is the last. */
  readonly onward?: readonly NextStop[];
  readonly access: string | null;
  /** The session to go on with, and how many positions the device knows the edge to hold. */
  readonly resume: { readonly session: string; readonly position: number } | null;
}

/** A hop that an edge server passes activations on to. */
export interface NextStop {
  /** URL of the edge server: one that the owner of the server before it has allowed. */
  readonly endpoint: string;
  readonly segment: Segment;
  /** How activations travel to it. */
  readonly codec: string;
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

export type { DownMessage, UpMessage } from "#core/frames/message-table.ts";
export type { EdgeTiming, FurtherTiming } from "#core/frames/down-parts.ts";
export type { MovePhase, Want } from "#core/frames/up-parts.ts";
