/**
 * What the engine holds between runs, each opened once and closed here: models, the device's host,
 * the baseline's engine, links, and tiers on lease. One host and one generator at a time: a model's
 * weights are in memory once.
 */
import type { Calibration } from "#core/plan/measured/calibration.ts";
import type { RunConfig } from "#core/run/config.ts";
import { draftsWithModel, factsOf } from "#core/strategies/table.ts";
import type { HostRequest, ModelSource, WholeModelGenerator, World } from "../world.ts";
import type { EdgeLink, LinkNotice } from "../../link/edge-link.ts";
import { RoundHistory } from "./round-history.ts";
import { Leases, type Lease } from "./lease.ts";
import type { Loading } from "../loading.ts";
import type { CancelSignal, ModelHost } from "../../ports.ts";
import type { RunPlan } from "../run-plan.ts";
import type { Resources } from "../tiers.ts";

interface Closable {
  close(): Promise<void>;
}

/** The one thing of its kind that is open, and what it was opened for. */
class PoolSlot<T extends Closable> {
  #key = "";
  #value: T | null = null;

  /** The held one if it was opened for the same; otherwise that is closed first. */
  async get(key: string, open: () => Promise<T>, beforeClosing: () => Promise<void>): Promise<T> {
    if (this.#value !== null && this.#key === key) return this.#value;
    if (this.#value !== null) await beforeClosing();
    await this.close();
    this.#value = await open();
    this.#key = key;
    return this.#value;
  }

  get held(): T | null {
    return this.#value;
  }

  async close(): Promise<void> {
    const value = this.#value;
    this.#value = null;
    await value?.close();
  }
}

/** A runtime may hold a copy of the weights for each segment it compiled: up to here several may stay. */
const RESERVE_WEIGHT_BYTES = 512 * 2 ** 20;

/** What planning measured of both tiers, and how long that took. */
export interface WarmCalibration extends Calibration {
  readonly elapsedMs: number;
  /** What the device held of weights at the deepest cut that was measured, bytes. */
  readonly held: { readonly cut: number; readonly weightBytes: number };
}

export class SessionPool {
  readonly leases = new Leases();
  readonly roundHistory = new RoundHistory();
  /** What `mode=auto` measured of both tiers, by model, backend and edge. */
  readonly calibrations = new Map<string, WarmCalibration>();
  /** Of the run under way: shards are read and notices heard on its behalf. */
  loading: Loading | null = null;
  onNotice: (notice: LinkNotice) => void = () => undefined;
  readonly #world: World;
  readonly #models = new Map<string, ModelSource>();
  readonly #links = new Map<string, EdgeLink>();
  readonly #host = new PoolSlot<ModelHost>();
  /** Beside the model's own, so that a race of arms with and without a draft reloads neither. */
  readonly #draftHost = new PoolSlot<ModelHost>();
  readonly #generator = new PoolSlot<WholeModelGenerator>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Null where nothing is drafted with a model of its own. */
  async draft(config: RunConfig, signal: CancelSignal): Promise<ModelSource | null> {
    return draftsWithModel(config) ? this.model({ ...config, model: config.draftModel }, signal) : null;
  }

  async model({ model, edge }: Pick<RunConfig, "model" | "edge">, signal: CancelSignal): Promise<ModelSource> {
    const key = JSON.stringify([model, edge ?? null]);
    const source = this.#models.get(key) ?? (await this.#world.openModel(model, edge, signal));
    this.#models.set(key, source);
    return source;
  }

  /** What is known of an edge's models is asked for again: it serves other weights than it did. */
  async forgetModels({ edge }: Pick<RunConfig, "edge">): Promise<void> {
    this.#models.clear();
    await this.#world.forgetModels?.(edge);
  }

  async resources(plan: RunPlan, signal: CancelSignal): Promise<Resources> {
    const { mode, edge } = plan.config;
    const needs = factsOf(mode).needs;
    const link = needs.edge ? await this.link(edge) : null;
    const host = needs.host ? await this.host(plan, signal) : null;
    const generator = needs.generator ? await this.#openGenerator(plan, signal) : null;
    return { link, host, generator };
  }

  async host(plan: RunPlan, signal: CancelSignal): Promise<ModelHost> {
    const holding = plan.deviceModel === plan.model ? this.#host : this.#draftHost;
    return holding.get(
      hostKey(plan),
      () => this.#world.openHost(this.#request(plan, signal)),
      () => this.leases.close(),
    );
  }

  async link(edge: string | undefined): Promise<EdgeLink> {
    const link = this.#links.get(edge ?? "") ?? (await this.#world.openLink(edge, (notice) => this.onNotice(notice)));
    this.#links.set(edge ?? "", link);
    return link;
  }

  /** Puts tiers back on lease; where weights are large, at the price of all others. */
  async keep(key: string, lease: Lease, host: ModelHost | null): Promise<void> {
    await this.leases.keep(key, lease);
    await host?.trim();
    if (host === null || host.memory().weightBytes <= RESERVE_WEIGHT_BYTES) return;
    await this.leases.keepOnly(key);
    await host.trim();
  }

  /** Lets go of what is only kept for later, where memory is short. */
  async dropUnused(): Promise<void> {
    await this.leases.close();
    await this.#host.held?.trim();
  }

  /** Between runs nobody listens. */
  detachRun(): void {
    this.loading = null;
    this.onNotice = () => undefined;
  }

  async close(): Promise<void> {
    await this.leases.close();
    await Promise.all([...this.#links.values()].map((link) => link.close()));
    this.#links.clear();
    await this.#generator.close();
    await this.#host.close();
    await this.#draftHost.close();
    this.#models.clear();
  }

  #openGenerator(plan: RunPlan, signal: CancelSignal): Promise<WholeModelGenerator> {
    const open = (): Promise<WholeModelGenerator> =>
      this.#world.openGenerator({ ...this.#request(plan, signal), model: plan.model });
    return this.#generator.get(hostKey(plan), open, () => this.leases.close());
  }

  #request({ deviceModel, config }: RunPlan, signal: CancelSignal): HostRequest {
    const { manifest, shards } = deviceModel;
    return {
      manifest,
      backend: config.backend,
      threads: config.threads,
      readShard: (shard) => this.#readShard(shard, shards),
      signal,
    };
  }

  #readShard(shard: Parameters<HostRequest["readShard"]>[0], store: ModelSource["shards"]): Promise<Uint8Array> {
    return this.loading === null ? store.get(shard, () => undefined) : this.loading.read(shard, store);
  }
}

const hostKey = ({ deviceModel, config }: RunPlan): string =>
  JSON.stringify([deviceModel.manifest.revision, config.backend, config.threads]);
