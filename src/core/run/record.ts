/**
 * Everything measured in one run. Records keep what was measured apart from what was added,
 * apportioned or modelled, and carry the provenance to trust them. Times are ms, sizes bytes.
 */
import type { PlanRecord } from "../plan/plan-record.ts";
import type { Failure } from "./failure.ts";
import type { PluginIdentity } from "../plugin/plugins.ts";
import type { ExitChoice, LinkFigures, Mode, MoveWay, RunConfig } from "./config.ts";

/**
 * 3: tokens and rounds have their time by hop. 2: drafting, exits and cooperation have keys, and the
 * page's lane key is gone. `upgrade-record.ts` leads here.
 */
export const RECORD_SCHEMA = 3;

/** One output token and the interval that ended with it. */
export interface TokenEvent {
  readonly index: number;
  readonly id: number;
  readonly text: string;
  /** Since the run began (the user's press), on the device's clock. */
  readonly atMs: number;
  /** The interval by hop and part. */
  readonly spans: readonly Span[];
  // The parts of the interval, as sums of its spans over the hops: they sum to it within 1%.
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
  /** Where tokens are drafted: its round, by index, and what it was there. Times belong to the round, and stand with its first token. */
  readonly round?: number;
  readonly fate?: TokenFate;
}

/**
 * accepted: drafted, and it stood; corrected: put in place of a drafted one that fell; bonus: the one
 * after a window that stood in whole. Under cooperative: confident, the draft's own and never
 * checked, or asked, the edge's.
 */
export type TokenFate = "accepted" | "corrected" | "bonus" | "confident" | "asked";
/** wasted: drafted behind one that fell or behind the end of the text, so that nothing came of it. */
export type DraftFate = "accepted" | "corrected" | "wasted";

/** One drafted window, from its first drafted token to its verdict. Times since the run began. */
export interface RoundEvent {
  readonly index: number;
  /** Sequence position of the first drafted token. */
  readonly position: number;
  /** The tokens drafted, and what became of each. */
  readonly drafted: readonly number[];
  readonly fates: readonly DraftFate[];
  readonly accepted: number;
  /** It was drafted behind a window that was still unanswered. */
  readonly follows: boolean;
  /** Its prefix fell: the edge computed nothing for it. */
  readonly dropped: boolean;
  /** Tokens of the text it gave: those accepted and the one after them. */
  readonly gained: number;
  readonly draftFromMs: number;
  readonly sentMs: number;
  readonly answeredMs: number;
  /** What was computed, carried and waited for, by hop; the four that follow are views of it. */
  readonly spans: readonly Span[];
  /** Of the device's computing while it drafted the window. */
  readonly draftMs: number;
  readonly queueMs: number;
  readonly edgeMs: number;
  readonly linkMs: number;
  readonly addedMs: number;
  readonly upBytes: number;
  readonly downBytes: number;
}

/** A move of the cut in mid-answer, between two tokens: the time is the later token's `otherMs`, the bytes are no token's. */
export interface CutMove {
  /** Tokens that were there. */
  readonly after: number;
  readonly from: number;
  readonly to: number;
  readonly why: "scheduled" | "asked" | "re-planned";
  readonly way: MoveWay;
  /** Of this way and of the other, modelled; null where too little was measured to say. */
  readonly predictedMs: number | null;
  readonly otherwiseMs: number | null;
  /** From the first message to the last, downloads before it left out. */
  readonly measuredMs: number;
  /** Since the run began. */
  readonly atMs: number;
  /** Positions of each cache that moved. */
  readonly positions: number;
  /** Bytes of real WebSocket messages. */
  readonly upBytes: number;
  readonly downBytes: number;
}

export const TOKEN_PARTS = [
  "deviceMs",
  "encodeMs",
  "uplinkMs",
  "queueMs",
  "edgeMs",
  "downlinkMs",
  "decodeMs",
  "sampleMs",
  "otherMs",
] as const;
export type TokenPart = (typeof TOKEN_PARTS)[number];

/** A token's part without its unit; of a round, both directions of its link are one. */
export type SpanPart = (TokenPart extends `${infer Name}Ms` ? Name : never) | "link";

export interface Span {
  readonly hop: number;
  readonly part: SpanPart;
  readonly ms: number;
  readonly joules?: number;
  /** Left out where it was measured. */
  readonly source?: "modelled";
}

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
  /** Where tokens are drafted. */
  readonly speculation?: SpeculationTotals;
  /** Under cooperative. */
  readonly cooperation?: CooperationTotals;
}

export interface CooperationTotals {
  /** Share of the tokens that the large model said. */
  readonly touchedShare: number;
  readonly edgeMsPerToken: number;
}

/** What drafting came to, the prompt's own round left out. Null where there was nothing to divide by. */
export interface SpeculationTotals {
  readonly rounds: number;
  readonly drafted: number;
  /** Drafted tokens that a verdict decided the text by: those that stood, and each first one that fell. drafted = judged + wasted. */
  readonly judged: number;
  readonly accepted: number;
  readonly wasted: number;
  readonly droppedWindows: number;
  /** Alpha: accepted / judged. */
  readonly acceptance: number | null;
  /** Tau: tokens gained a pass of the target. */
  readonly blockEfficiency: number | null;
  readonly edgePassesPerToken: number | null;
  readonly tokensPerRoundTrip: number | null;
  readonly bytesPerAcceptedToken: number | null;
  readonly edgeMsPerToken: number | null;
  /** Of drafting one token on the device, and of a round at the edge (drafting too, where both models are there). */
  readonly draftMs: number | null;
  readonly verifyMs: number | null;
}

/** One client's answer on an edge that several use, timed where its replies come in. */
export interface ClientRun {
  readonly ttftMs: number;
  /** Null with a single token. */
  readonly tpotMs: number | null;
  readonly tokens: number;
  /** Those of them that came behind the first reply with any. */
  readonly laterTokens: number;
  /** Sums behind that reply: of the edge's computing, and of waiting for it. */
  readonly edgeMs: number;
  readonly queueMs: number;
  /** The edge said to it what it had said to the device that it repeats. */
  readonly same: boolean;
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
      /** Tokens that the reference would have chosen otherwise, near ties left out; 0 where it is left out. */
      readonly differing?: number;
      /** Divergences whose margin is under 1e-4: different kernels, same mathematics. */
      readonly nearTies: number;
      readonly smallestMargin: number | null;
      /** Negative log-likelihood of the compared tokens under the reference, nats, unfiltered at temperature 1; exp of its mean is their perplexity. */
      readonly nllNats?: number;
      readonly firstDifference: {
        readonly index: number;
        readonly got: number;
        readonly expected: number;
        /** How far the reference's own choice leads over the token we got, in perturbed log-probability. */
        readonly margin: number;
      } | null;
    };

/** Under cooperative, once checked: what leaving the target out cost the text. */
export interface CooperationQuality {
  /** Share of the tokens that the target, after the same beginning, would have said too. */
  readonly agreement: number;
  /** Of the text, teacher-forced through the target. */
  readonly perplexity: number;
  /** The same of the text that the target says by itself to this prompt with this seed, and its length. */
  readonly targetPerplexity: number;
  readonly targetTokens: number;
}

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
  /** What this tab had joined beside what ships; left out where nothing. */
  readonly plugins?: readonly PluginIdentity[];
  /** The tab was hidden or throttled at some point: its speeds do not count. */
  readonly hidden: boolean;
}

/** What a config came to: no auto, no percentage, no name left. */
export interface Resolved {
  readonly mode: Mode;
  readonly blocks: number;
  readonly cut: number;
  readonly tail: number;
  /** Under split-speculative: what drafted, and behind how many blocks it stands. */
  readonly exit?: { readonly kind: ExitChoice; readonly depth: number };
  /** Set where fewer tokens than asked for fit one message to the edge. */
  readonly draftLimit?: { readonly tokens: number; readonly why: string };
  readonly capacity: number;
  readonly device: string;
  readonly edge: string | null;
  readonly link: {
    readonly name: string;
    readonly figures: LinkFigures | null;
    readonly met: boolean | null;
    readonly realRttMs: number | null;
  };
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

/** The link of a run, changed while it went on. */
export interface LinkChange {
  /** Tokens that were there. */
  readonly after: number;
  /** Since the run began. */
  readonly atMs: number;
  readonly name: string;
  readonly figures: LinkFigures | null;
}

export interface RunRecord {
  readonly schema: typeof RECORD_SCHEMA;
  /** The schema that it was written in, where that was an earlier one. */
  readonly upgradedFrom?: number;
  readonly config: RunConfig;
  /** Under `mode=auto`: what was chosen and why. */
  readonly plan?: PlanRecord;
  /** Where its link was changed. */
  readonly links?: readonly LinkChange[];
  readonly resolved: Resolved | null;
  readonly provenance: Provenance;
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly tokens: readonly TokenEvent[];
  /** Where tokens are drafted: every window, also those that came to nothing. */
  readonly rounds?: readonly RoundEvent[];
  /** Where the cut moved in mid-answer. */
  readonly moves?: readonly CutMove[];
  /** mode=score: log-probability of each prompt token but the first. */
  readonly logProbs: readonly number[] | null;
  /** mode=score: the id that the model held most probable in that token's place. */
  readonly favourites?: readonly number[];
  /** The other clients of the edge in this run: simulated devices, which repeat what this one sent when it was alone, with its own delays. */
  readonly simulated?: readonly ClientRun[];
  readonly totals: Totals;
  readonly memory: { readonly device: TierMemory; readonly edge: TierMemory | null };
  readonly downloads: Downloads;
  readonly agreement: Agreement;
  /** Under cooperative. */
  readonly quality?: CooperationQuality;
  readonly finish: Finish;
}
