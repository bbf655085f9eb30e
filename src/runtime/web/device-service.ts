/**
 * The DeviceApi over an engine: what the page may ask of its device worker. Failures are values in
 * what these functions return; a device that was lost or ran out of memory is cleared away behind
 * the run that it failed, so that the next one starts anew.
 */
import { shardsOf, type ModelManifest, type Shard } from "#core/model/manifest.ts";
import { wholeModel } from "#core/model/architecture.ts";
import type { RunConfig } from "#core/run/config.ts";
import { failureOf, ok, refuse, unwrap, type Failure, type Result } from "#core/run/failure.ts";
import { exitFor, resolveSplit, tiersOf } from "#core/run/config/resolve.ts";
import type { DeviceApi, DownloadPlan, Preflight, RunEvent } from "#core/run/worker-api.ts";
import { holdsDraft } from "#core/strategies/table.ts";
import type { LinkTrace } from "#core/link/trace.ts";
import type { Engine } from "#engine/engine.ts";
import type { Exclusive } from "./model/exclusive.ts";
import type { ModelOrigin } from "./model/model-source.ts";
import type { ShardStorage } from "./storage/shard-storage.ts";
import { clearStorage, storageReport } from "./storage/web-storage.ts";

export interface DeviceParts {
  readonly engine: Engine;
  /** Null is the page's own. */
  readonly origin: (edge: string | null) => Promise<ModelOrigin>;
  readonly admit: (edge: string | null, access: string | undefined) => void;
  readonly storage: Promise<ShardStorage>;
  readonly exclusive: Exclusive;
  /** Lets go of the engines; the next run starts new ones. */
  readonly discardRuntimes: () => Promise<void>;
  readonly preflight: (storage: ShardStorage) => Promise<Preflight>;
  readonly addTrace: (name: string, source: string) => Result<LinkTrace>;
  /** A run begins: what it will need may be started beside its loading. */
  readonly onStart: (config: RunConfig) => void;
}

export function deviceService(parts: DeviceParts): DeviceApi {
  const underWay = new UnderWay();
  return {
    ...runsOf(parts, underWay),
    ...storageOf(parts),
    preflight: askedOnce(() => parts.storage.then(parts.preflight)),
    models: (edge, options) =>
      asResult("models", async () => {
        parts.admit(edge, options?.access);
        return (await parts.origin(edge)).summaries();
      }),
    stop: async () => underWay.stop(),
    addTrace: async (name, source) => {
      const trace = parts.addTrace(name, source);
      return trace.ok
        ? ok({ rows: trace.value.rows.length, lengthMs: trace.value.rows.length * trace.value.stepMs })
        : trace;
    },
    change: async (change) => parts.engine.change(change),
    downloadPlan: (config) => asResult("downloadPlan", () => downloadPlan(config, parts)),
    release: async () => {
      underWay.stop();
      await parts.engine.release();
      await parts.discardRuntimes();
    },
  };
}

function runsOf(parts: DeviceParts, underWay: UnderWay): Pick<DeviceApi, "prepare" | "run" | "candidates"> {
  const notices = async (config: RunConfig, onEvent: (event: RunEvent) => void): Promise<void> => {
    const { refusal } = await parts.origin(config.edge ?? null);
    if (refusal !== null) onEvent({ kind: "notice", failure: refusal });
  };
  return {
    prepare: (config, onEvent, options) =>
      underWay.of(async (signal) => {
        parts.onStart(config);
        parts.admit(config.edge ?? null, options?.access);
        const result = await parts.engine.prepare(config, onEvent, signal, options);
        await recover(parts, result.ok ? null : result.failure);
        if (result.ok) await notices(config, onEvent);
        return result;
      }),
    candidates: (text, onEvent, options) =>
      underWay.of(async (signal) => {
        parts.admit(text.config.edge ?? null, options?.access);
        const result = await parts.engine.candidates(text, onEvent, signal, options);
        await recover(parts, result.ok ? null : result.failure);
        return result;
      }),
    run: (config, options, onEvent) =>
      underWay.of(async (signal) => {
        parts.onStart(config);
        parts.admit(config.edge ?? null, options?.access);
        const record = await parts.engine.run(config, options, onEvent, signal);
        await recover(parts, record.finish.kind === "failed" ? record.finish.failure : null);
        if (record.downloads.bytes > 0) await notices(config, onEvent);
        return record;
      }),
  };
}

/** After these nothing that is open can be trusted. */
async function recover(parts: DeviceParts, failure: Failure | null): Promise<void> {
  if (failure?.code !== "device-lost" && failure?.code !== "out-of-memory") return;
  // Closing what is broken may fail in its turn: it is let go of either way.
  await parts.engine.release().catch(() => undefined);
  await parts.discardRuntimes();
}

const storageOf = ({ storage: opening, exclusive }: DeviceParts): Pick<DeviceApi, "storage" | "clearStorage"> => ({
  storage: async () => storageReport(await opening),
  clearStorage: async () => {
    const storage = await opening;
    await clearStorage(storage, exclusive);
    return storageReport(storage);
  },
});

/** The work that is being done, so that it can be stopped. */
class UnderWay {
  readonly #controllers = new Set<AbortController>();

  async of<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#controllers.delete(controller);
    }
  }

  stop(): void {
    for (const controller of this.#controllers) controller.abort();
  }
}

/** What came of asking is kept; what failed is asked again the next time. */
function askedOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | null = null;
  return () => {
    const asked = (found ??= ask());
    asked.catch(() => (found = found === asked ? null : found));
    return asked;
  };
}

async function downloadPlan(config: RunConfig, { origin }: DeviceParts): Promise<DownloadPlan> {
  const from = await origin(config.edge ?? null);
  const drafts = holdsDraft(config);
  const manifest = await from.manifest(drafts ? config.draftModel : config.model);
  return from.plan(drafts ? shardsOf(manifest, wholeModel(manifest.architecture)) : deviceShards(config, manifest));
}

/** What the device must hold for a config. Throws Failed: cut-out-of-range, empty-middle. */
function deviceShards(config: RunConfig, manifest: ModelManifest): readonly Shard[] {
  const { blocks } = manifest.architecture;
  const split = unwrap(resolveSplit(config, blocks));
  const exit = exitFor(
    config,
    split.cut,
    (manifest.exits ?? []).map(({ depth }) => depth),
  );
  const { device, beside } = tiersOf(config.mode, { ...split, ...(exit === null ? {} : { exit }) }, blocks);
  const shards = [...device, ...beside].flatMap((segment) => shardsOf(manifest, segment));
  return [...new Map(shards.map((shard) => [shard.sha256, shard])).values()];
}

async function asResult<T>(where: string, work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work());
  } catch (thrown) {
    return refuse(failureOf(thrown, where));
  }
}
