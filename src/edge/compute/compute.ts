/**
 * What the edge computes, as an interface: seats (one client's segment of one model, with its KV
 * cache) that take steps. It is kept twice: `model-compute.ts` does the work, and `worker.ts`
 * reaches that same work in a worker thread, because onnxruntime-node blocks the thread it runs in.
 *
 * Calls are made one at a time (the lane sees to that), each with the chunks that are due; everything that
 * crosses is plain data, failures included.
 */
import type { ReferenceVerdicts } from "#core/frames/down-parts.ts";
import type { Architecture, Segment } from "#core/model/architecture.ts";
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import type { Result } from "#core/run/failure.ts";
import type { DeviceDescription, TierMemory } from "#core/run/tier-description.ts";
import type { CandidateTable } from "#core/sampling/candidates.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import type { DraftAtEdge, MovePhase, Want } from "#wire/messages.ts";
import type { WindowSeen } from "./edge-draft.ts";

/** What a client may change when it resumes its seat. */
export interface SeatSettings {
  readonly codec: string;
  /** In which activations leave it for the next hop; left out where they go back as they came. */
  readonly onward?: string;
  /** Null where the edge never samples. */
  readonly sampling: SamplingSettings | null;
  /** The verification rule; null where nothing is drafted. */
  readonly verify: string | null;
  /** How often each pass is really computed, to stand for a larger model. */
  readonly edgeLoad: number;
}

export interface SeatSpec extends SeatSettings {
  readonly model: string;
  readonly segment: Segment;
  readonly capacity: number;
  readonly kvCache: boolean;
  /** A draft model beside it, in a seat of its own; null where there is none. */
  readonly draft: DraftAtEdge | null;
  /** Set where it is that seat. */
  readonly drafts?: DraftsFor;
}

/** What a seat that drafts has to know of whom it drafts for. */
export interface DraftsFor {
  /** Of a window, or a policy's name. */
  readonly length: DraftAtEdge["length"];
  /** The target's: evidence is about its tokens, and nothing is drafted behind the end of its text. */
  readonly vocabulary: number;
  readonly stopIds: readonly number[];
}

/**
 * What may be asked of a seat, by kind. Everything is plain data that crosses to a worker thread. `steps.ts` has a row
 * for each kind: what it costs, how it is cut into chunks, whether it joins a batch, and how it runs.
 */
export interface StepFields {
  readonly open: { readonly spec: SeatSpec };
  /** New settings for a seat that is resumed; the answer says how many positions it holds. */
  readonly configure: { readonly settings: SeatSettings };
  readonly activations: {
    readonly position: number;
    readonly count: number;
    readonly want: Want;
    readonly payload: Uint8Array;
  };
  readonly ids: { readonly position: number; readonly ids: Uint32Array; readonly want: "none" | "last" };
  /** Tokens behind `id`, one after another and `most` at most. It ends early: with the text, where others wait, and after a while. */
  readonly decode: {
    readonly position: number;
    readonly id: number;
    readonly most: number;
    readonly stopIds: readonly number[];
  };
  readonly score: { readonly position: number; readonly targets: Uint32Array; readonly payload: Uint8Array };
  /** `verify` of the wire's messages: the payload is activations where the segment begins at a cut, then evidence. */
  readonly verify: {
    readonly position: number;
    readonly ids: Uint32Array;
    readonly drafted: number;
    readonly follows: boolean;
    readonly payload: Uint8Array;
  };
  /** The cut moves; this and the next three are the wire's messages of the same names. */
  readonly move: { readonly phase: MovePhase; readonly position: number; readonly from: number };
  readonly kv: {
    readonly position: number;
    readonly count: number;
    readonly from: number;
    readonly to: number;
    readonly payload: Uint8Array;
  };
  readonly rebuild: { readonly position: number; readonly count: number; readonly payload: Uint8Array };
  readonly fetch: { readonly position: number; readonly count: number; readonly from: number; readonly to: number };
  /** For a seat that drafts: a window behind `ids`, which it has not seen, of `room` tokens at most; and what became of the one before. */
  readonly draft: {
    readonly position: number;
    readonly ids: Uint32Array;
    readonly room: number;
    readonly seen: WindowSeen | null;
  };
  /** For the same: the token at `position`, behind the window's first `accepted`, from the verdict's distribution. */
  readonly settle: { readonly position: number; readonly accepted: number; readonly distribution: Uint8Array };
  /** Teacher-forces `ids` through the unsplit graph and judges the last `judged` of them. */
  readonly check: { readonly ids: Uint32Array; readonly judged: number };
  /** Teacher-forces the same, and says what might have been said in place of each. */
  readonly candidates: { readonly ids: Uint32Array; readonly judged: number };
  /** Frees what a step left that nobody waits for any more. */
  readonly abandon: object;
  readonly close: object;
}

export type StepKind = keyof StepFields;
export type Step<K extends StepKind = StepKind> = { [P in K]: { readonly kind: P } & StepFields[P] }[K];

/** Whether a reference is asked, in a session of its own beside the seat's. */
export const judges = (step: Step): step is Step<"check" | "candidates"> =>
  step.kind === "check" || step.kind === "candidates";

/** What waits in the queue. */
export interface Work {
  readonly seat: string;
  readonly step: Step;
}

/**
 * What a compute is given of a work at a time: units [from, to) of the `of` that it takes. A unit is one position in
 * one pass, and the passes follow each other. The first chunk brings the step, the others find it begun at the seat.
 */
export interface Chunk {
  readonly seat: string;
  readonly step: Step | null;
  readonly from: number;
  readonly to: number;
  readonly of: number;
}

export type Outcome =
  | { readonly kind: "opened"; readonly opened: OpenedSeat }
  | { readonly kind: "verdicts"; readonly verdicts: ReferenceVerdicts }
  | ({ readonly kind: "candidates" } & CandidateTable)
  | { readonly kind: "done"; readonly position: number }
  /** `position` is the sequence position of the sampled token: one past what was computed. */
  | { readonly kind: "token"; readonly position: number; readonly id: number }
  /** Every token was told when it was there. */
  | { readonly kind: "decoded"; readonly tokens: number }
  | { readonly kind: "activations"; readonly position: number; readonly count: number; readonly payload: Uint8Array }
  /** `position` is that of the next token; of a dropped window, where the seat stands. */
  | {
      readonly kind: "verified";
      readonly position: number;
      readonly accepted: number;
      readonly next: number | null;
      readonly dropped: boolean;
      readonly distribution: Uint8Array;
    }
  /** `position` is that of the first drafted token. */
  | {
      readonly kind: "drafted";
      readonly position: number;
      readonly drafted: Uint32Array;
      readonly evidence: Uint8Array;
    }
  | { readonly kind: "kv"; readonly position: number; readonly count: number; readonly payload: Uint8Array }
  | {
      readonly kind: "log-probs";
      readonly position: number;
      readonly values: Float32Array;
      readonly favourites: Uint32Array;
    };

/** What came of a chunk. */
export interface Stepped {
  /** Null while there is more of the step to come. */
  readonly outcome: Outcome | null;
  /** Positions the seat holds now. */
  readonly held: number;
  /** Of the chunk's units, those that were computed: a dropped window takes none, a row of tokens as many as there were. */
  readonly computed: number;
  /** Decode, passes, sampling, encode: measured where they ran. Of passes that were shared all of it. */
  readonly computeUs: number;
  /** Chunks that shared the passes, this one among them. */
  readonly batch: number;
  /** Of a step that is done: positions that others had computed. */
  readonly reused?: number;
}

export interface OpenedSeat {
  readonly runtime: DeviceDescription;
  /** Of the whole model as the edge holds it. */
  readonly weightBytes: number;
  /** What this seat's caches may grow to. */
  readonly kvBytes: number;
  /** Its passes may be shared with those of other such seats of the model. */
  readonly batches: boolean;
}

/** What a seat's keys and values come to at most; none are kept without a cache. */
export const kvBytesOf = (spec: SeatSpec, architecture: Architecture): number =>
  spec.kvCache ? reservedKvBytesOf(spec, architecture) : 0;

/** What is set aside for them: without a cache a step needs as much while it runs. */
export const reservedKvBytesOf = (
  { segment, capacity }: Pick<SeatSpec, "segment" | "capacity">,
  architecture: Architecture,
): number => (segment.to - segment.from) * capacity * kvBytesPerPosition(architecture);

export interface HeldMemory extends TierMemory {
  readonly model: string;
  readonly seats: number;
}

/** A token of a seat that decodes in a row. */
export interface DecodedToken {
  /** Of the token: one past what was computed. */
  readonly position: number;
  readonly id: number;
  readonly computeUs: number;
  readonly batch: number;
}

/** What reaches a call, and leaves it, before it is over. */
export interface Underway {
  /** One number in shared memory; not 0 once somebody waits who has no part in the call. */
  readonly waiting: Int32Array;
  readonly tell: (seat: string, token: DecodedToken) => void;
}

export interface Compute {
  /** One chunk of each of some seats, no seat twice; those that batch share their passes. A failure is its own seat's alone. */
  stepMany(chunks: readonly Chunk[], underway: Underway): Promise<readonly Result<Stepped>[]>;
  memory(): Promise<readonly HeldMemory[]>;
  /** Closes every seat and frees the weights. */
  dispose(): Promise<void>;
}
