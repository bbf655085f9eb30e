/**
 * The DeviceApi over an engine: what the page may ask of its device worker. Failures are values in
 * what these functions return; a device that was lost or ran out of memory is cleared away behind
 * the run that it failed, so that the next one starts anew.
 */
import { shardsOf, type ModelManifest, type Shard } from "#core/model/manifest.ts";
import { wholeModel } from "#core/model/architecture.ts";
import type { RunConfig } from "#core/run/config.ts";
import { failureOf, ok, refuse, unwrap, type Failure, type Result } from "#core/run/failure.ts";
import { exitFor, resolveSplit, tiersOf } from "#core/run/resolve.ts";
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
  const underWay = new Set<AbortController>();
  let found: Promise<Preflight> | null = null;

  const stoppable = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    underWay.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      underWay.delete(controller);
    }
  };

  /** After these nothing that is open can be trusted. */
  const recover = async (failure: Failure | null): Promise<void> => {
    if (failure?.code !== "device-lost" && failure?.code !== "out-of-memory") return;
    // Closing what is broken may fail in its turn: it is let go of either way.
    await parts.engine.release().catch(() => undefined);
    await parts.discardRuntimes();
  };

  const notices = async (config: RunConfig, onEvent: (event: RunEvent) => void): Promise<void> => {
    const { refusal } = await parts.origin(config.edge ?? null);
    if (refusal !== null) onEvent({ kind: "notice", failure: refusal });
  };

  return {
    preflight: () => {
      const asked = (found ??= parts.storage.then(parts.preflight));
      // What failed is asked again the next time.
      asked.catch(() => (found = found === asked ? null : found));
      return asked;
    },
    models: (edge) => asResult("models", async () => (await parts.origin(edge)).summaries()),
    prepare: (config, onEvent, options) =>
      stoppable(async (signal) => {
        parts.onStart(config);
        const result = await parts.engine.prepare(config, onEvent, signal, options);
        await recover(result.ok ? null : result.failure);
        if (result.ok) await notices(config, onEvent);
        return result;
      }),
    run: (config, options, onEvent) =>
      stoppable(async (signal) => {
        parts.onStart(config);
        const record = await parts.engine.run(config, options, onEvent, signal);
        await recover(record.finish.kind === "failed" ? record.finish.failure : null);
        if (record.downloads.bytes > 0) await notices(config, onEvent);
        return record;
      }),
    stop: async () => {
      for (const controller of underWay) controller.abort();
    },
    addTrace: async (name, source) => {
      const trace = parts.addTrace(name, source);
      return trace.ok
        ? ok({ rows: trace.value.rows.length, lengthMs: trace.value.rows.length * trace.value.stepMs })
        : trace;
    },
    change: async (change) => parts.engine.change(change),
    downloadPlan: (config) => asResult("downloadPlan", () => downloadPlan(config, parts)),
    storage: async () => storageReport(await parts.storage),
    clearStorage: async () => {
      const storage = await parts.storage;
      await clearStorage(storage, parts.exclusive);
      return storageReport(storage);
    },
    release: async () => {
      for (const controller of underWay) controller.abort();
      await parts.engine.release();
      await parts.discardRuntimes();
    },
  };
}

async function downloadPlan(config: RunConfig, { origin }: DeviceParts): Promise<DownloadPlan> {
  const from = await origin(config.edge ?? null);
  const drafts = holdsDraft(config.mode);
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
