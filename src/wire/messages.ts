/**
 * What two tiers say to each other before the first frame, as schemas (`hello.ts` reads and writes
 * by them), and what the protocol is called. The frames' messages are the rows of
 * `core/frames/message-table.ts`; `frames.ts` turns them into bytes and back. Subprotocol `cutlayer.v1`.
 *
 * The handshake is two JSON texts; everything after it is binary, one header and one payload.
 * A message is answered by those that carry its `sequence`; asking again with the same position
 * is harmless, which is what makes retry and resume safe.
 */
import { bareSegment } from "#core/model/architecture.ts";
import { failure } from "#core/run/failure.ts";
import { edgeDescription, tierMemory } from "#core/run/tier-description.ts";
import { samplingSettings } from "#core/sampling/settings.ts";
import {
  atLeast,
  either,
  flag,
  holding,
  list,
  matching,
  sha256,
  nullable,
  object,
  oneOf,
  optional,
  text,
  whole,
  type Value,
} from "#core/schema/schema.ts";

export const SUBPROTOCOL = "cutlayer.v1";
/** 3: a step names its session, adapter and version. 2: verdicts and scores say more, the cut can move, plugins are compared. */
export const WIRE_VERSION = 3;

const POSITION_MAX = 2 ** 31;
/** More hops than any model has use for would only be a way to keep edge servers busy. */
const STOPS_MOST = 8;
const ENDPOINT_MOST = 2048;

const wire = whole(0);
const position = whole(0, POSITION_MAX);
/** 128 random bits. */
const session = matching(/^[0-9a-f]{32}$/, "128 bits in hex");
/** A hop that an edge server passes activations on to. */
const nextStop = object({
  /** URL of the edge server: one that the owner of the server before it has allowed. */
  endpoint: holding(text, ({ length }) => length <= ENDPOINT_MOST, `a URL of at most ${ENDPOINT_MOST} characters`),
  segment: bareSegment,
  /** How activations travel to it. */
  codec: text,
});
export type NextStop = Value<typeof nextStop>;

const draftAtEdge = object({
  model: text,
  revision: text,
  length: either("a draft length or a policy's name", whole(1), text),
});
export type DraftAtEdge = Value<typeof draftAtEdge>;

export const helloMessage = object({
  kind: oneOf("hello"),
  wire,
  build: text,
  model: text,
  /** The manifest's revision: both tiers cut the same weights. */
  revision: text,
  /** What the edge is to run. */
  segment: bareSegment,
  codec: text,
  /** Positions the KV caches must hold. */
  capacity: whole(1, POSITION_MAX),
  kvCache: flag,
  /** Null where the edge never samples. */
  sampling: nullable(samplingSettings),
  edgeLoad: whole(1),
  /** The verification rule, by its name in the registry; null where nothing is drafted. */
  verify: nullable(text),
  /** The draft model at the edge's own side, where both are there; null where the device drafts or nobody does. */
  draft: nullable(draftAtEdge),
  /** SHA-256 of the plugins that codec, rule and policy come from on the device, sorted; left out where there are none. */
  plugins: optional(list(sha256)),
  /** The hops behind this edge server, in order: it opens the first and tells it of the others. Left out where it is the last. */
  onward: optional(holding(list(nextStop), ({ length }) => length <= STOPS_MOST, `at most ${STOPS_MOST} hops`)),
  access: nullable(text),
  /** The session to go on with, and how many positions the device knows the edge to hold. */
  resume: nullable(object({ session, position })),
});
export type Hello = Value<typeof helloMessage>;

export const welcomeMessage = object({
  kind: oneOf("welcome"),
  wire,
  build: text,
  session,
  /** Positions the edge holds: 0 for a new session, more after a resume. */
  position,
  edge: edgeDescription,
  memory: tierMemory,
  maxMessageBytes: whole(1),
  idleTimeoutMs: atLeast(0),
});
export type Welcome = Value<typeof welcomeMessage>;

/** Sent as text in place of a welcome, or before the edge closes. */
export const refusalMessage = object({ kind: oneOf("refusal"), failure });
export type Refusal = Value<typeof refusalMessage>;

export type { DownMessage, UpMessage } from "#core/frames/message-table.ts";
export type { EdgeTiming, FurtherTiming } from "#core/frames/down-parts.ts";
export type { MovePhase, Want } from "#core/frames/up-parts.ts";
