/**
 * Keeps what is known of this tab and of the edge up to date: the preflight, the models, what a
 * cut would download, what is stored. Asks the device; changes facts; decides nothing.
 */
import { BUILD } from "#core/run/build.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { Failure } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { EdgeDescription } from "#core/run/tier-description.ts";
import type { DeviceApi } from "#core/run/worker-api.ts";
import { fetchEdgeInfo, type KnownEdge } from "../device/edge-info.ts";
import { withProgress, type EngineStore } from "../stores/engine.ts";
import type { PageStore } from "../stores/page.ts";
import type { SettingsStore } from "../stores/settings.ts";

interface Parts {
  readonly device: DeviceApi;
  readonly engine: EngineStore;
  readonly settings: SettingsStore;
  readonly page: PageStore;
  /** The folder that the page was served from. */
  readonly pageUrl: string;
  /** What the page's own server said of itself when the page was opened. */
  readonly servingEdge: KnownEdge | null;
  /** Calls back after a moment in which nothing changed. */
  readonly settle: (callback: () => void) => void;
  /** One thing at a time on the device. */
  readonly inTurn: <T>(task: () => Promise<T>) => Promise<T>;
}

export class EngineControl {
  readonly #parts: Parts;
  /** Which planning is the newest: an older one that has not begun is left out. */
  #planned = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Looks at the tab and asks the edge. Resolves once runs can be asked for, or never will: nobody
   * waits for the looking around, since a run that is asked for comes first.
   */
  async start(): Promise<void> {
    const { settings, servingEdge } = this.#parts;
    void this.#look();
    await (settings.getState().edge === undefined ? this.#join(servingEdge) : this.connect());
  }

  /** Asks the edge that the settings name now for itself and its models. */
  async connect(): Promise<void> {
    const { settings, pageUrl } = this.#parts;
    await this.#join(await fetchEdgeInfo(settings.getState().edge ?? pageUrl));
  }

  /** Fetches and opens what the settings need, with progress. */
  async prepare(): Promise<void> {
    const { engine, settings, page } = this.#parts;
    const config = parseConfig(settings.getState(), "prepare");
    if (!config.ok) return page.setState({ failure: config.failure });
    engine.setState({ preparing: true, phases: [] });
    const result = await this.#prepared(config.value);
    engine.setState({ preparing: false });
    if (result.ok) engine.setState({ device: result.value });
    else if (result.failure.code !== "stopped") page.setState({ failure: result.failure });
    await this.refreshStorage();
    await this.#plan();
  }

  /** What a run would still have to fetch; null where that is not known. */
  async missingBytes(config: RunConfig): Promise<number | null> {
    const plan = await this.#parts.device.downloadPlan(config);
    return plan.ok ? plan.value.missingBytes : null;
  }

  /** Works out anew what the settings would download, once they have settled. */
  planSoon(): void {
    const mine = ++this.#planned;
    this.#parts.settle(() => {
      if (mine === this.#planned) void this.#plan();
    });
  }

  async refreshStorage(): Promise<void> {
    const { device, engine } = this.#parts;
    engine.setState({ storage: await device.storage() });
  }

  async clearStorage(): Promise<void> {
    const { device, engine } = this.#parts;
    engine.setState({ storage: await device.clearStorage() });
    await this.#plan();
  }

  /** The edge as a run found it. */
  noteEdge(description: EdgeDescription | null): void {
    this.#parts.engine.setState(({ edge }) => ({
      edge: edge === null || description === null ? edge : { ...edge, description },
    }));
  }

  async #join(edge: KnownEdge | null): Promise<void> {
    const { device, engine, settings, page } = this.#parts;
    const edgeUrl = settings.getState().edge;
    engine.setState({ edge });
    // A page that a newer server no longer serves: the handshake would refuse it later, with less to go on.
    if (edge !== null && edgeUrl === undefined && import.meta.env.PROD && edge.buildId !== BUILD.id)
      page.setState({ failure: { code: "protocol-mismatch", page: BUILD.id, edge: edge.buildId } });
    const models = await device.models(edgeUrl ?? null);
    if (!models.ok) return this.#fail(models.failure);
    engine.setState({ models: models.value, state: "ready", failure: null });
    await this.#plan();
  }

  async #look(): Promise<void> {
    const { device, engine } = this.#parts;
    engine.setState({ preflight: await device.preflight() });
    await this.refreshStorage();
    await this.#plan();
    // Warm up where that fetches no weights: what is stored is read, checked and opened.
    const { downloadPlan, device: warm } = engine.getState();
    if (warm === null && downloadPlan !== null && downloadPlan.neededBytes > 0 && downloadPlan.missingBytes === 0)
      await this.prepare();
  }

  async #plan(): Promise<void> {
    const { device, engine, settings } = this.#parts;
    if (engine.getState().state !== "ready") return;
    const config = parseConfig(settings.getState(), "prepare");
    if (!config.ok) return;
    const result = await device.downloadPlan(config.value);
    engine.setState({ downloadPlan: result.ok ? result.value : null });
  }

  #prepared(config: RunConfig): ReturnType<DeviceApi["prepare"]> {
    const { device, engine, inTurn } = this.#parts;
    return inTurn(() =>
      device.prepare(config, (event) => {
        if (event.kind === "progress") engine.setState(({ phases }) => ({ phases: withProgress(phases, event) }));
      }),
    );
  }

  #fail(failure: Failure): void {
    this.#parts.engine.setState({ state: "failed", failure });
    this.#parts.page.setState({ failure });
  }
}
