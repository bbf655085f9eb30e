/**
 * What the page and its device worker say to each other (over Comlink). Vocabulary only.
 * Functions never reject with anything but a bug: failures are values in what they return.
 */
import type { PluginFile } from "../plugin/identity.ts";
import type { Candidate, Candidates } from "../sampling/candidates.ts";
import type { PlanRecord } from "../plan/plan-record.ts";
import type { Failure, Result } from "./failure.ts";
import type { Backend, LinkChoice, RunConfig } from "./config.ts";
import type { Agreement, CutMove, Resolved, RoundEvent, RunRecord, TokenEvent } from "./record.ts";
import type { DeviceDescription } from "./tier-description.ts";
import type { RunOptions, Sabotage } from "./run-options.ts";

export interface ModelSummary {
  readonly name: string;
  /** SHA-256 of the manifest. */
  readonly revision: string;
  readonly architecture: string;
  readonly blocks: number;
  readonly hidden: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly parameters: number;
  readonly licence: string | null;
  /** Where its table of words lies (core/model/ground.ts); null where its folder has none. */
  readonly groundUrl: string | null;
  /** Bytes of each shard, so that the page can say what a cut would download. */
  readonly shardBytes: {
    readonly embedding: number;
    readonly block: readonly number[];
    readonly head: number;
    readonly tied: boolean;
  };
}

/** What this tab can do, found out before anything large is fetched. */
export interface Preflight {
  readonly secureContext: boolean;
  readonly crossOriginIsolated: boolean;
  readonly cores: number;
  readonly threads: number;
  readonly clockResolutionMs: number;
  readonly webgpu:
    | {
        readonly kind: "present";
        readonly adapter: string;
        readonly software: boolean;
        readonly f16: boolean;
        readonly maxBufferBytes: number;
      }
    | { readonly kind: "absent"; readonly why: string };
  readonly wasm:
    | { readonly kind: "present"; readonly simd: boolean }
    | { readonly kind: "absent"; readonly why: string };
  readonly storage: {
    readonly kind: "opfs" | "cache" | "memory";
    readonly quotaBytes: number | null;
    readonly usedBytes: number | null;
  };
  /** Measured in about a second: multiply-adds per second in JavaScript, for a forecast before any engine is loaded. */
  readonly microBenchmark: { readonly gflops: number; readonly elapsedMs: number };
  readonly engineBytes: { readonly webgpu: number | null; readonly wasm: number | null };
  readonly recommended: Backend | "edge-only";
  /** Sentences for the person: what limits this tab, what would lift it. */
  readonly advice: readonly string[];
}

export type Phase = "calibrate" | "engine" | "shards" | "compile" | "connect" | "prefill" | "decode" | "check";

/** One real message on the wire, for the frame inspector. */
export interface FrameTrace {
  readonly atMs: number;
  readonly direction: "up" | "down";
  /** Bytes of the whole message as this tab counted it. */
  readonly bytes: number;
  /** The message's first bytes: its header. */
  readonly header: Uint8Array;
  /** Bytes of payload behind the header. */
  readonly payloadBytes: number;
  /** The edge's running totals of this session, as it reported them last (null before the first report). */
  readonly edgeCount: { readonly upBytes: number; readonly downBytes: number } | null;
}

export type RunEvent =
  | {
      readonly kind: "progress";
      readonly phase: Phase;
      readonly done: number;
      readonly total: number;
      readonly unit: "bytes" | "blocks" | "tokens";
      readonly fromCache: boolean;
    }
  | { readonly kind: "resolved"; readonly resolved: Resolved }
  | { readonly kind: "token"; readonly token: TokenEvent }
  | { readonly kind: "round"; readonly round: RoundEvent }
  /** The cut is on its way: what this tab lacks is fetched while tokens come; then the caches move. */
  | { readonly kind: "moving"; readonly from: number; readonly to: number; readonly phase: "preparing" | "moving" }
  | { readonly kind: "moved"; readonly move: CutMove }
  /** What `mode=auto` came to, and every time it thinks again. */
  | { readonly kind: "plan"; readonly plan: PlanRecord }
  | { readonly kind: "frame"; readonly frame: FrameTrace }
  | LinkEvent
  | { readonly kind: "agreement"; readonly agreement: Agreement }
  /** Something went less than well and the run goes on all the same: a shard that could not be kept. */
  | { readonly kind: "notice"; readonly failure: Failure };

export type LinkEvent =
  | { readonly kind: "link"; readonly state: "connected" | "resumed"; readonly why: string }
  | { readonly kind: "link"; readonly state: "replaying"; readonly why: string }
  /** The edge does not answer: attempt number `attempt`, counted from one, is made in `waitMs`; about `of` are made in all. */
  | {
      readonly kind: "link";
      readonly state: "reconnecting";
      readonly why: string;
      readonly attempt: number;
      readonly of: number;
      readonly waitMs: number;
    };

/** What can change while a run goes on: the cut, as soon as this tab has what it takes, and the link. */
export type RunChange =
  | { readonly kind: "cut"; readonly cut: number }
  | { readonly kind: "link"; readonly link: LinkChoice };

export interface TraceSummary {
  readonly rows: number;
  readonly lengthMs: number;
}

export interface StorageReport {
  readonly kind: "opfs" | "cache" | "memory";
  readonly bytes: number;
  readonly shards: number;
  readonly quotaBytes: number | null;
}

/** What a cut would need that this tab does not hold yet. */
export interface DownloadPlan {
  readonly neededBytes: number;
  readonly heldBytes: number;
  readonly missingBytes: number;
  readonly missingShards: number;
}

/** A run's text with how it came about: what it was asked, by ids, and what it answered. */
export interface ScoredText {
  /** With the mode that ran: under `mode=auto`, what the planner chose. */
  readonly config: RunConfig;
  readonly promptIds: readonly number[];
  readonly tokenIds: readonly number[];
}

export interface NamedCandidate extends Candidate {
  /** By itself. */
  readonly text: string;
}

/** What might have been said, an entry a token of the answer. */
export interface TextCandidates {
  /** Where the uncut model scored it. */
  readonly where: "edge" | "device";
  readonly tokens: readonly (Omit<Candidates, "best"> & { readonly best: readonly NamedCandidate[] })[];
}

/** The device worker, as the page sees it. Callbacks are Comlink proxies. */
export interface DeviceApi {
  preflight(): Promise<Preflight>;
  models(edge: string | null, options?: Pick<RunOptions, "access">): Promise<Result<readonly ModelSummary[]>>;
  /** Fetch the shards and open the segment a run would need; the next run starts warm. */
  prepare(
    config: RunConfig,
    onEvent: (event: RunEvent) => void,
    options?: Pick<RunOptions, "access">,
  ): Promise<Result<DeviceDescription>>;
  /** Resolves to the record also when stopped or failed, with what there was. One run at a time. */
  run(config: RunConfig, options: RunOptions, onEvent: (event: RunEvent) => void): Promise<RunRecord>;
  /** Scores a run's text by the uncut model: where its strategy lets the text go to, and else in this tab. */
  candidates(
    text: ScoredText,
    onEvent: (event: RunEvent) => void,
    options?: Pick<RunOptions, "access">,
  ): Promise<Result<TextCandidates>>;
  /** Stops the run or the preparation under way. */
  stop(): Promise<void>;
  /** Changes the run under way; the last wish counts. False where nothing runs that can change so. */
  change(change: RunChange): Promise<boolean>;
  /** A recorded link of the user's own, CSV or Mahimahi's: a run may then name `trace:name`. */
  addTrace(name: string, source: string): Promise<Result<TraceSummary>>;
  downloadPlan(config: RunConfig): Promise<Result<DownloadPlan>>;
  storage(): Promise<StorageReport>;
  clearStorage(): Promise<StorageReport>;
  /** Closes every session and frees what the tab holds. */
  release(): Promise<void>;
}

/** What the worker can be told beside that: the page alone knows whether it is seen. */
export interface DeviceWorkerApi extends DeviceApi {
  /** On every `visibilitychange`: a hidden tab is throttled, and its record says so. */
  visibility(hidden: boolean): Promise<void>;
}

/** The same as it crosses between the threads: events come in batches. */
export interface DeviceEndpoint extends Omit<DeviceWorkerApi, "prepare" | "run" | "candidates"> {
  /** Before anything else: what runs may name beside what ships, from the page's own origin. */
  join(plugins: readonly PluginFile[]): Promise<Result<void>>;
  prepare(
    config: RunConfig,
    onEvents: (events: readonly RunEvent[]) => void,
    options?: Parameters<DeviceApi["prepare"]>[2],
  ): ReturnType<DeviceApi["prepare"]>;
  candidates(
    text: ScoredText,
    onEvents: (events: readonly RunEvent[]) => void,
    options?: Parameters<DeviceApi["candidates"]>[2],
  ): ReturnType<DeviceApi["candidates"]>;
  run(
    config: RunConfig,
    options: RunOptions,
    onEvents: (events: readonly RunEvent[]) => void,
  ): ReturnType<DeviceApi["run"]>;
}

export type { Failure, RunOptions, Sabotage };
