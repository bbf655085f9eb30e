/**
 * Everything a run needs from outside, as one value of ports: the device worker builds one over
 * the browser, tests and tools build one over Node, and `run.ts` never asks where it is.
 * What a world opens for the engine, the engine closes.
 */
import type { Backend } from "#core/run/config.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import type { LinkTrace } from "#core/link/trace.ts";
import type { ModelManifest, Shard } from "#core/model/manifest.ts";
import type { Provenance } from "#core/run/record.ts";
import type { DeviceDescription, TierMemory } from "#core/run/tier-description.ts";
import type { Crowd, CrowdRequest } from "../crowd/crowd.ts";
import type { EdgeLink, LinkNotice } from "../link/edge-link.ts";
import type { CancelSignal, Clock, ModelHost, ShardStore, Tokenizer } from "../ports.ts";

export interface World {
  readonly clock: Clock;
  /** Throws Failed: unknown-model, download-failed, model-broken. `edge` is the config's, undefined for the page's own. */
  openModel(name: string, edge: string | undefined, signal: CancelSignal): Promise<ModelSource>;
  /** The next `openModel` of that edge asks for everything anew; a world that keeps no models has none to forget. */
  forgetModels?(edge: string | undefined): Promise<void>;
  /** Throws Failed: backend-unavailable, out-of-memory, shard failures out of `readShard`, stopped. */
  openHost(request: HostRequest): Promise<ModelHost>;
  /** The same weights in an engine of their own (transformers.js). Throws as `openHost`. */
  openGenerator(request: HostRequest & { readonly model: ModelSource }): Promise<WholeModelGenerator>;
  /** A recorded link by its name, for `link=trace:name`. Throws Failed: bad-value, download-failed. */
  openTrace(name: string, signal: CancelSignal): Promise<LinkTrace>;
  /** A way to an edge server; nothing is connected before its first `open`. Throws Failed: mixed-content, edge-unreachable where there is none. */
  openLink(edge: string | undefined, onNotice: (notice: LinkNotice) => void): Promise<EdgeLink>;
  /** Simulated devices on that edge, where their timers wait for nobody's compute; a world without them refuses more than one client. */
  gather?(edge: string | undefined, request: CrowdRequest): Crowd;
  facts(): WorldFacts;
}

/** One model, opened: the manifest says what there is, the store fetches it. */
export interface ModelSource {
  readonly manifest: ModelManifest;
  readonly tokenizer: Tokenizer;
  readonly shards: ShardStore;
}

export interface HostRequest {
  readonly manifest: ModelManifest;
  readonly backend: Backend;
  /** 0 lets the world choose. */
  readonly threads: number;
  readonly readShard: (shard: Shard) => Promise<Uint8Array>;
  readonly signal: CancelSignal;
}

/** An engine that generates by itself and shows only its tokens. */
export interface WholeModelGenerator {
  readonly description: DeviceDescription;
  /** One id at a time; ends after `maxTokens` or the first stop id. Samples as core/sampling defines it. */
  generate(promptIds: readonly number[], options: GenerateOptions, signal: CancelSignal): AsyncIterable<number>;
  memory(): TierMemory;
  close(): Promise<void>;
}

export interface GenerateOptions {
  readonly maxTokens: number;
  readonly stopIds: readonly number[];
  readonly sampling: SamplingSettings;
}

/** The part of a record's provenance that the world knows before a run. */
export type WorldFacts = Pick<
  Provenance,
  "commit" | "startedAt" | "browser" | "cores" | "clockResolutionMs" | "hidden" | "plugins"
>;
