/**
 * What the edge computes, as an interface: seats (one client's segment of one model, with its KV
 * cache) that take steps. It is kept twice: `model-compute.ts` does the work, and `worker.ts`
 * reaches that same work in a worker thread, because onnxruntime-node blocks the thread it runs in.
 *
 * Calls are made one at a time (the fair queue sees to that); everything that crosses is plain
 * data, failures included.
 */
import type { Segment } from "#core/model/architecture.ts";
import type { Result } from "#core/run/failure.ts";
import type { DeviceDescription, TierMemory } from "#core/run/record.ts";
import type { SamplingSettings } from "#core/run/config.ts";
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

/** One pass over consecutive positions, the first at `position`. */
export type Step =
  | {
      readonly kind: "activations";
      readonly position: number;
      readonly count: number;
      readonly want: Want;
      readonly payload: Uint8Array;
    }
  | { readonly kind: "ids"; readonly position: number; readonly ids: Uint32Array; readonly want: "none" | "last" }
  | { readonly kind: "score"; readonly position: number; readonly targets: Uint32Array; readonly payload: Uint8Array }
  /** `verify` of the wire's messages: the payload is activations where the segment begins at a cut, then evidence. */
  | {
      readonly kind: "verify";
      readonly position: number;
      readonly ids: Uint32Array;
      readonly drafted: number;
      readonly follows: boolean;
      readonly payload: Uint8Array;
    }
  /** The cut moves; these are the wire's messages of the same names. */
  | { readonly kind: "move"; readonly phase: MovePhase; readonly position: number; readonly from: number }
  | {
      readonly kind: "kv";
      readonly position: number;
      readonly count: number;
      readonly from: number;
      readonly to: number;
      readonly payload: Uint8Array;
    }
  | { readonly kind: "rebuild"; readonly position: number; readonly count: number; readonly payload: Uint8Array }
  | {
      readonly kind: "fetch";
      readonly position: number;
      readonly count: number;
      readonly from: number;
      readonly to: number;
    }
  /** For a seat that drafts: a window behind `ids`, which it has not seen, of `room` tokens at most; and what became of the one before. */
  | {
      readonly kind: "draft";
      readonly position: number;
      readonly ids: Uint32Array;
      readonly room: number;
      readonly seen: WindowSeen | null;
    }
  /** For the same: the token at `position`, behind the window's first `accepted`, from the verdict's distribution. */
  | {
      readonly kind: "settle";
      readonly position: number;
      readonly accepted: number;
      readonly distribution: Uint8Array;
    };

export type Outcome =
  | { readonly kind: "done"; readonly position: number }
  /** `position` is the sequence position of the sampled token: one past what was computed. */
  | { readonly kind: "token"; readonly position: number; readonly id: number }
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

export interface Stepped {
  readonly outcome: Outcome;
  /** Positions the seat holds now. */
  readonly held: number;
  /** Decode, passes, sampling, encode: measured where they ran. */
  readonly computeUs: number;
}

/** What the unsplit graph chose at the judged positions; see `verdicts` in the wire's messages. */
export interface Verdicts {
  readonly ids: Uint32Array;
  readonly leads: Float32Array;
  readonly margins: Float32Array;
  readonly logProbs: Float32Array;
  readonly computeUs: number;
}

export interface Opened {
  readonly runtime: DeviceDescription;
  /** Of the whole model as the edge holds it, and of this seat. */
  readonly weightBytes: number;
  readonly kvBytes: number;
}

export interface HeldMemory extends TierMemory {
  readonly model: string;
  readonly seats: number;
}

export interface Compute {
  open(seat: string, spec: SeatSpec): Promise<Result<Opened>>;
  /** New settings for a seat that is resumed; says how many positions it holds. */
  configure(seat: string, settings: SeatSettings): Promise<Result<{ readonly held: number }>>;
  step(seat: string, step: Step): Promise<Result<Stepped>>;
  /** Teacher-forces `ids` through the unsplit graph and judges the last `judged` of them. */
  check(seat: string, ids: Uint32Array, judged: number): Promise<Result<Verdicts>>;
  close(seat: string): Promise<void>;
  memory(): Promise<readonly HeldMemory[]>;
  /** Closes every seat and frees the weights. */
  dispose(): Promise<void>;
}
