/**
 * The device over a worker that can be replaced. An engine on wasm keeps its count of threads and
 * all the memory it ever took for as long as its worker lives, so a run that asks for other threads
 * is begun again in a new one, and one that lost its device or ran out of memory is the last of its
 * worker. Runs come one at a time, so nothing of another run is lost with it; what was fetched is
 * in storage.
 */
import type { Failure } from "#core/run/failure.ts";
import type { DeviceApi, DeviceWorkerApi, RunChange } from "#core/run/worker-api.ts";

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

export function renewingDevice(parts: RenewingParts): RenewingDevice {
  const worker = new RenewingWorker(parts);
  return { device: deviceOn(worker), seen: () => worker.seen() };
}

/** Callers may spread a device: its members are its own, and hold no `this`. */
const deviceOn = (worker: RenewingWorker): DeviceApi => ({
  preflight: () => worker.ask((api) => api.preflight()),
  models: (edge, options) => worker.ask((api) => api.models(edge, options)),
  prepare: (config, onEvent, options) =>
    worker.askForRun(
      (api) => api.prepare(config, onEvent, options),
      (result) => (result.ok ? null : result.failure),
    ),
  run: (config, options, onEvent) =>
    worker.askForRun(
      (api) => api.run(config, options, onEvent),
      ({ finish }) => (finish.kind === "failed" ? finish.failure : null),
    ),
  candidates: (text, onEvent, options) =>
    worker.askForRun(
      (api) => api.candidates(text, onEvent, options),
      (result) => (result.ok ? null : result.failure),
    ),
  stop: () => worker.stop(),
  addTrace: (name, source) => worker.addTrace(name, source),
  change: (change) => worker.change(change),
  downloadPlan: (config) => worker.ask((api) => api.downloadPlan(config)),
  storage: () => worker.ask((api) => api.storage()),
  clearStorage: () => worker.ask((api) => api.clearStorage()),
  release: () => worker.end(),
});

class RenewingWorker {
  readonly #parts: RenewingParts;
  #worker: StartedWorker | null = null;
  /** What a new worker has to be told again. */
  readonly #traces = new Map<string, string>();
  readonly #asked = new Set<Promise<unknown>>();
  #stops = 0;

  constructor(parts: RenewingParts) {
    this.#parts = parts;
  }

  seen(): void {
    void this.#worker?.api.visibility(this.#parts.hidden());
  }

  /** A worker is not ended before it has answered what it was asked. */
  async ask<T>(work: (api: DeviceWorkerApi) => Promise<T>): Promise<T> {
    const answer = work(this.#current());
    this.#asked.add(answer);
    try {
      return await answer;
    } finally {
      this.#asked.delete(answer);
    }
  }

  /** Asks again in a new worker where only that can help. */
  async askForRun<T>(work: (api: DeviceWorkerApi) => Promise<T>, failureOf: (answer: T) => Failure | null): Promise<T> {
    const stopsBefore = this.#stops;
    let answer = await this.ask(work);
    if (wantsOtherThreads(failureOf(answer))) {
      await this.end();
      const again = this.ask(work);
      if (this.#stops !== stopsBefore) void this.#current().stop();
      answer = await again;
    }
    if (isSpent(failureOf(answer))) await this.end();
    return answer;
  }

  async stop(): Promise<void> {
    this.#stops++;
    await this.#worker?.api.stop();
  }

  async addTrace(name: string, source: string): ReturnType<DeviceApi["addTrace"]> {
    const added = await this.ask((api) => api.addTrace(name, source));
    if (added.ok) this.#traces.set(name, source);
    return added;
  }

  async change(change: RunChange): Promise<boolean> {
    return (await this.#worker?.api.change(change)) ?? false;
  }

  /** Sessions at the edge are closed in good order; one that cannot is ended all the same. */
  async end(): Promise<void> {
    const ending = this.#worker;
    this.#worker = null;
    if (ending === null) return;
    const closed = Promise.allSettled([...this.#asked, ending.api.release()]);
    await Promise.race([closed, this.#parts.patience()]);
    ending.end();
  }

  #current(): DeviceWorkerApi {
    if (this.#worker !== null) return this.#worker.api;
    this.#worker = this.#parts.start();
    const { api } = this.#worker;
    void api.visibility(this.#parts.hidden());
    for (const [name, source] of this.#traces) void api.addTrace(name, source);
    return api;
  }
}

const wantsOtherThreads = (failure: Failure | null): boolean =>
  failure?.code === "keys-conflict" && failure.keys.length === 1 && failure.keys[0] === "threads";

const isSpent = (failure: Failure | null): boolean =>
  failure?.code === "device-lost" || (failure?.code === "out-of-memory" && failure.tier === "device");
