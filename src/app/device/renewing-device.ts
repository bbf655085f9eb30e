/**
 * The device over a worker that can be replaced. An engine on wasm keeps its count of threads and
 * all the memory it ever took for as long as its worker lives, so a run that asks for other threads
 * is begun again in a new one, and one that lost its device or ran out of memory is the last of its
 * worker. Runs come one at a time, so nothing of another run is lost with it; what was fetched is
 * in storage.
 */
import type { Failure } from "#core/run/failure.ts";
import type { DeviceApi, DeviceWorkerApi } from "#core/run/worker-api.ts";

export interface StartedWorker {
  readonly api: DeviceWorkerApi;
  /** At once, whatever it does. */
  end(): void;
}

export interface RenewingParts {
  readonly start: () => StartedWorker;
  /** Whether the page is hidden now. */
  readonly hidden: () => boolean;
  /** Resolves when a worker that is to end has had time enough to close what it holds. */
  readonly patience: () => Promise<void>;
}

export interface RenewingDevice {
  readonly device: DeviceApi;
  /** On every `visibilitychange`. */
  readonly seen: () => void;
}

export function renewingDevice({ start, hidden, patience }: RenewingParts): RenewingDevice {
  let worker: StartedWorker | null = null;
  /** What a new worker has to be told again. */
  const traces = new Map<string, string>();
  let stops = 0;
  const asked = new Set<Promise<unknown>>();

  const current = (): DeviceWorkerApi => {
    if (worker === null) {
      worker = start();
      void worker.api.visibility(hidden());
      for (const [name, source] of traces) void worker.api.addTrace(name, source);
    }
    return worker.api;
  };

  /** A worker is not ended before it has answered what it was asked. */
  const ask = async <T>(work: (api: DeviceWorkerApi) => Promise<T>): Promise<T> => {
    const answer = work(current());
    asked.add(answer);
    try {
      return await answer;
    } finally {
      asked.delete(answer);
    }
  };

  /** Sessions at the edge are closed in good order; one that cannot is ended all the same. */
  const end = async (): Promise<void> => {
    const ending = worker;
    worker = null;
    if (ending === null) return;
    const closed = Promise.allSettled([...asked, ending.api.release()]);
    await Promise.race([closed, patience()]);
    ending.end();
  };

  /** Asks again in a new worker where only that can help. */
  const askForRun = async <T>(
    work: (api: DeviceWorkerApi) => Promise<T>,
    failureOf: (answer: T) => Failure | null,
  ): Promise<T> => {
    const stopsBefore = stops;
    let answer = await ask(work);
    if (wantsOtherThreads(failureOf(answer))) {
      await end();
      const again = ask(work);
      if (stops !== stopsBefore) void current().stop();
      answer = await again;
    }
    if (isSpent(failureOf(answer))) await end();
    return answer;
  };

  const device: DeviceApi = {
    preflight: () => ask((api) => api.preflight()),
    models: (edge) => ask((api) => api.models(edge)),
    prepare: (config, onEvent, options) =>
      askForRun(
        (api) => api.prepare(config, onEvent, options),
        (result) => (result.ok ? null : result.failure),
      ),
    run: (config, options, onEvent) =>
      askForRun(
        (api) => api.run(config, options, onEvent),
        ({ finish }) => (finish.kind === "failed" ? finish.failure : null),
      ),
    stop: async () => {
      stops++;
      await worker?.api.stop();
    },
    addTrace: async (name, source) => {
      const added = await ask((api) => api.addTrace(name, source));
      if (added.ok) traces.set(name, source);
      return added;
    },
    change: async (change) => (await worker?.api.change(change)) ?? false,
    downloadPlan: (config) => ask((api) => api.downloadPlan(config)),
    storage: () => ask((api) => api.storage()),
    clearStorage: () => ask((api) => api.clearStorage()),
    release: end,
  };
  return { device, seen: () => void worker?.api.visibility(hidden()) };
}

const wantsOtherThreads = (failure: Failure | null): boolean =>
  failure?.code === "keys-conflict" && failure.keys.length === 1 && failure.keys[0] === "threads";

const isSpent = (failure: Failure | null): boolean =>
  failure?.code === "device-lost" || (failure?.code === "out-of-memory" && failure.tier === "device");
