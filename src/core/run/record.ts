/**
 * Everything measured in one run. Records keep what was measured apart from what was added,
 * apportioned or modelled, and carry the provenance to trust them. Times are ms, sizes bytes.
 */
import type { Failure } from "./failure.ts";
import type { LinkFigures, Mode, RunConfig } from "./config.ts";

export const RECORD_SCHEMA = 1;

/** One output token and the interval that ended with it. */
export interface TokenEvent {
  readonly index: number;
  readonly id: number;
  readonly text: string;
  /** Since the run began (the user's press), on the device's clock. */
  readonly atMs: number;
  // The parts of the interval: they sum to it within 1%.
  readonly deviceMs: number;
  readonly encodeMs: number;
  readonly uplinkMs: number;
  readonly queueMs: number;
  readonly edgeMs: number;
  readonly downlinkMs: number;
  readonly decodeMs: number;
  readonly sampleMs: number;
  readonly otherMs: number;
  // Views of the same interval, not further parts of it.
  /** Measured: round trip less the edge's own time. uplinkMs + downlinkMs; their split is apportioned. */
  readonly linkMs: number;
  /** Exactly what the shaper added, both directions. */
  readonly addedMs: number;
  /** Bytes of real WebSocket messages. */
  readonly upBytes: number;
  readonly downBytes: number;
  /** Positions computed for this token: the prompt's for the first, 1 with a KV cache, all without. */
  readonly positions: number;
}

export const TOKEN_PARTS = ["deviceMs", "encodeMs", "uplinkMs", "queueMs", "edgeMs", "downlinkMs", "decodeMs", "sampleMs", "otherMs"] as const;
export type TokenPart = (typeof TOKEN_PARTS)[number];

/** Sums over a stretch of tokens. */
export interface PhaseTotals {
  readonly elapsedMs: number;
  readonly tokens: number;
  readonly positions: number;
  readonly upBytes: number;
  readonly downBytes: number;
  readonly deviceComputeMs: number;
  readonly edgeComputeMs: number;
  readonly linkMs: number;
  readonly addedMs: number;
}

export interface Totals {
  /** Null until there is a first token, a second. */
  readonly ttftMs: number | null;
  readonly tpotMs: number | null;
  readonly tpotP95Ms: number | null;
  readonly tokensPerSecond: number | null;
  readonly upBytes: number;
  readonly downBytes: number;
  readonly deviceComputeMs: number;
  readonly edgeComputeMs: number;
  readonly prefill: PhaseTotals;
  readonly decode: PhaseTotals;
}

export interface TierMemory {
  readonly weightBytes: number;
  readonly kvBytes: number;
}

export type Finish =
  | { readonly kind: "eos"; readonly id: number }
  | { readonly kind: "length" }
  | { readonly kind: "context"; readonly capacity: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly failure: Failure };

/** The check against the unsplit graph in a session of its own. */
export type Agreement =
  | { readonly kind: "unchecked"; readonly why: string }
  | {
      readonly kind: "checked";
      /** Which graph, on which tier and runtime, computed the reference. */
      readonly reference: string;
      readonly exact: boolean;
      readonly comparedTokens: number;
      /** Divergences whose margin is under 1e-4: different kernels, same mathematics. */
      readonly nearTies: number;
      readonly smallestMargin: number | null;
      readonly firstDifference: {
        readonly index: number;
        readonly got: number;
        readonly expected: number;
        /** How far the reference's own choice leads over the token we got, in perturbed log-probability. */
        readonly margin: number;
      } | null;
    };

export interface EdgeDescription {
  readonly version: string;
  readonly runtime: string;
  /** ONNX Runtime's execution provider: cpu or webgpu. */
  readonly provider: string;
  readonly threads: number;
  readonly cores: number;
}

export interface DeviceDescription {
  readonly runtime: string;
  readonly backend: "webgpu" | "wasm" | "cpu" | "none";
  readonly adapter: string | null;
  /** The adapter computes on the CPU (SwiftShader, llvmpipe): say so on every chart. */
  readonly software: boolean;
  readonly threads: number;
}

export interface Provenance {
  readonly commit: string;
  readonly startedAt: string;
  readonly modelRevision: string;
  readonly browser: string;
  readonly cores: number;
  readonly clockResolutionMs: number;
  readonly device: DeviceDescription;
  readonly edge: EdgeDescription | null;
  /** The tab was hidden or throttled at some point: its speeds do not count. */
  readonly hidden: boolean;
}

/** What a config came to: no auto, no percentage, no name left. */
export interface Resolved {
  readonly mode: Mode;
  readonly blocks: number;
  readonly cut: number;
  readonly tail: number;
  readonly capacity: number;
  readonly device: string;
  readonly edge: string | null;
  readonly link: { readonly name: string; readonly figures: LinkFigures | null; readonly met: boolean | null; readonly realRttMs: number | null };
  readonly promptIds: readonly number[];
  /** Leading positions already in both KV caches from the turn before. */
  readonly reusedPositions: number;
}

export interface Downloads {
  readonly shards: number;
  readonly bytes: number;
  readonly fromCacheBytes: number;
  readonly elapsedMs: number;
}

export interface RunRecord {
  readonly schema: typeof RECORD_SCHEMA;
  readonly config: RunConfig;
  readonly resolved: Resolved | null;
  readonly provenance: Provenance;
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly tokens: readonly TokenEvent[];
  /** mode=score: log-probability of each prompt token but the first. */
  readonly logProbs: readonly number[] | null;
  readonly totals: Totals;
  readonly memory: { readonly device: TierMemory; readonly edge: TierMemory | null };
  readonly downloads: Downloads;
  readonly agreement: Agreement;
  readonly finish: Finish;
}
