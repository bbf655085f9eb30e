/**
 * Keeps what is known of this tab and of the edge up to date: the preflight, the models, what a
 * cut would download, what is stored. Asks the device; changes facts; decides nothing.
 */
import { BUILD } from "#core/run/build.ts";
import type { Failure } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/parse-config.ts";
import type { EdgeDescription } from "#core/run/record.ts";
import type { DeviceApi } from "#core/run/worker-api.ts";
import { fetchEdgeInfo, type KnownEdge } from "../device/edge-info.ts";
import { withProgress, type EngineStore } from "../stores/engine.ts";
import type { PageStore } from "../stores/page.ts";
import type { SettingsStore } from "../stores/settings.ts";

export interface EngineControl {
  /** Looks at the tab and asks the edge. Resolves once runs can be asked for, or never will. */
  start(): Promise<void>;
  /** Asks the edge that the settings name now for itself and its models. */
  connect(): Promise<void>;
  /** Fetches and opens what the settings need, with progress. */
  prepare(): Promise<void>;
  /** Works out anew what the settings would download, once they have settled. */
  planSoon(): void;
  refreshStorage(): Promise<void>;
  clearStorage(): Promise<void>;
  /** The edge as a run found it. */
  noteEdge(description: EdgeDescription | null): void;
}

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

export function createEngineControl({
  device,
  engine,
  settings,
  page,
  pageUrl,
  servingEdge,
  settle,
  inTurn,
}: Parts): EngineControl {
  const fail = (failure: Failure): void => {
    engine.setState({ state: "failed", failure });
    page.setState({ failure });
  };

  async function connect(): Promise<void> {
    await join(await fetchEdgeInfo(settings.getState().edge ?? pageUrl));
  }

  async function join(edge: KnownEdge | null): Promise<void> {
    const edgeUrl = settings.getState().edge;
    engine.setState({ edge });
    // A page that a newer server no longer serves: the handshake would refuse it later, with less to go on.
    if (edge !== null && edgeUrl === undefined && import.meta.env.PROD && edge.buildId !== BUILD.id) {
      page.setState({ failure: { code: "protocol-mismatch", page: BUILD.id, edge: edge.buildId } });
    }
    const models = await device.models(edgeUrl ?? null);
    if (!models.ok) return fail(models.failure);
    engine.setState({ models: models.value, state: "ready", failure: null });
    await plan();
  }

  /** Nobody waits for the looking around: a run that is asked for comes first. */
  async function start(): Promise<void> {
    void look();
    await (settings.getState().edge === undefined ? join(servingEdge) : connect());
  }

  async function look(): Promise<void> {
    engine.setState({ preflight: await device.preflight() });
    await refreshStorage();
    await plan();
    // Warm up where that fetches no weights: what is stored is read, checked and opened.
    const { downloadPlan, device: warm } = engine.getState();
    if (warm === null && downloadPlan !== null && downloadPlan.neededBytes > 0 && downloadPlan.missingBytes === 0)
      await prepare();
  }

  async function plan(): Promise<void> {
    if (engine.getState().state !== "ready") return;
    const config = parseConfig(settings.getState(), "prepare");
    if (!config.ok) return;
    const result = await device.downloadPlan(config.value);
    engine.setState({ downloadPlan: result.ok ? result.value : null });
  }

  async function prepare(): Promise<void> {
    const config = parseConfig(settings.getState(), "prepare");
    if (!config.ok) return page.setState({ failure: config.failure });
    engine.setState({ preparing: true, phases: [] });
    const result = await inTurn(() =>
      device.prepare(config.value, (event) => {
        if (event.kind === "progress") engine.setState(({ phases }) => ({ phases: withProgress(phases, event) }));
      }),
    );
    engine.setState({ preparing: false });
    if (result.ok) engine.setState({ device: result.value });
    else if (result.failure.code !== "stopped") page.setState({ failure: result.failure });
    await refreshStorage();
    await plan();
  }

  async function refreshStorage(): Promise<void> {
    engine.setState({ storage: await device.storage() });
  }

  let planned = 0;
  return {
    start,
    connect,
    prepare,
    planSoon() {
      const mine = ++planned;
      settle(() => {
        if (mine === planned) void plan();
      });
    },
    refreshStorage,
    async clearStorage() {
      engine.setState({ storage: await device.clearStorage() });
      await plan();
    },
    noteEdge(description) {
      engine.setState(({ edge }) => ({
        edge: edge === null || description === null ? edge : { ...edge, description },
      }));
    },
  };
}
