/**
 * `window.cutlayer`: the page for those who drive it with Playwright. A run asked for here is shown
 * like any other, and resolves to its record also when it was stopped or failed.
 *
 *   await page.evaluate(() => window.cutlayer.ready);
 *   const record = await page.evaluate(() =>
 *     window.cutlayer.run({ mode: "split", cut: 4, codec: "f32", prompt: "Find me a museum.", maxTokens: 16 }));
 */
import type { RunConfig } from "#core/run/config.ts";
import { Failed, type Failure, type Result } from "#core/run/failure.ts";
import { parseRun } from "#core/run/kinds.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { DeviceApi, ModelSummary, Preflight, TraceSummary } from "#core/run/worker-api.ts";
import type { FigureSize, SvgFile } from "#lab/plot/figure.ts";
import type { PageActions } from "./control/page-actions.ts";
import { readCallbacks, type RunCallbacks } from "./run-callbacks.ts";
import type { EngineStore } from "./stores/engine.ts";

export interface Automation {
  /** Resolves once runs can be asked for; rejects with a `Failed` (its `failure` says why) when they never will. */
  readonly ready: Promise<void>;
  /** `config` is anything `parseConfig` reads: unknown keys and impossible values reject with a `Failed`. */
  run(config: unknown, callbacks?: RunCallbacks): Promise<RunRecord>;
  /** Makes a recorded link of one's own (CSV, or Mahimahi's) known as `trace:name`; rejects with a `Failed` that says what is wrong with it. */
  addTrace(name: string, source: string): Promise<TraceSummary>;
  models(): Promise<readonly ModelSummary[]>;
  preflight(): Promise<Preflight>;
  /** Draws the lab's plots as the page draws them, each as a file of its own; rejects with a `Failed` where one is none. */
  figures(plots: unknown, size: FigureSize): Promise<readonly SvgFile[]>;
}

declare global {
  interface Window {
    cutlayer: Automation;
  }
}

interface Parts {
  readonly device: DeviceApi;
  readonly actions: PageActions;
  readonly engineStore: EngineStore;
  readonly started: Promise<void>;
}

/** What a caller across Playwright's bridge sees of a `Failed`: its message carries the failure as JSON. */
class AutomationFailure extends Failed {
  constructor(failure: Failure) {
    super(failure);
    this.message = JSON.stringify(failure);
  }
}

export function createAutomation(parts: Parts): Automation {
  const { device, engineStore } = parts;
  const ready = parts.started.then(() => {
    const { state, failure } = engineStore.getState();
    if (state !== "ready" && failure !== null) throw new AutomationFailure(failure);
  });
  // Nobody need wait for it: the page shows the failure itself.
  ready.catch(() => undefined);
  return {
    ready,
    run: (config, callbacks = {}) => runAsked(config, callbacks, ready, parts),
    addTrace: async (name, source) => orReject(await device.addTrace(name, source)),
    models: async () => {
      await ready;
      return engineStore.getState().models;
    },
    preflight: () => device.preflight(),
    figures: async (plots, size) => {
      // With all that draws: of no use to a run, so not loaded with it.
      const { figuresOf } = await import("./charts/lab/figures.ts");
      return orReject(figuresOf(plots, size));
    },
  };
}

function orReject<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new AutomationFailure(result.failure);
}

async function runAsked(
  input: unknown,
  beside: unknown,
  ready: Promise<void>,
  { device, actions, engineStore }: Parts,
): Promise<RunRecord> {
  const { config } = orReject(parseRun(input));
  const { signal, onToken, ...options } = orReject(readCallbacks(beside));
  await ready;
  // Not in the first paint; where its server has gone since, what is impossible ends the run instead.
  const loaded = await import("#core/run/config/possible.ts").catch(() => null);
  const refuse = (models: readonly ModelSummary[]): Failure | null =>
    loaded === null ? null : loaded.refusalOf(config, options, models);
  const refusal = refuse(engineStore.getState().models) === null ? null : await refusalAtEdge(config, device, refuse);
  if (refusal !== null) throw new AutomationFailure(refusal);
  const stop = (): void => void actions.stop();
  const running = actions.runConfig({ config, options, ...(onToken === undefined ? {} : { onToken }) });
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await running;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** What the models listed here do not allow, those of the config's own edge server may; one that does not answer refuses nothing: the run says why not. */
async function refusalAtEdge(
  { edge }: RunConfig,
  device: DeviceApi,
  refuse: (models: readonly ModelSummary[]) => Failure | null,
): Promise<Failure | null> {
  const served = await device.models(edge ?? null);
  return served.ok ? refuse(served.value) : null;
}

export function installAutomation(parts: Parts): void {
  window.cutlayer = createAutomation(parts);
}
