/**
 * The device worker behind Comlink. Callbacks become proxies; a worker that cannot even start is a
 * coded failure like any other.
 */
import { proxy, releaseProxy, wrap } from "comlink";
import type { DeviceApi, DeviceWorkerApi } from "#core/run/worker-api.ts";

export interface WorkerDevice {
  readonly device: DeviceApi;
  /** Ends the worker: for a page that is going away. */
  close(): void;
}

export function openWorkerDevice(onCrash: (what: string) => void): WorkerDevice {
  const worker = new Worker(new URL("../../../workers/device.ts", import.meta.url), { type: "module", name: "cutlayer-device" });
  worker.addEventListener("error", (event) => onCrash(event.message));
  const remote = wrap<DeviceWorkerApi>(worker);
  document.addEventListener("visibilitychange", () => void remote.visibility(document.hidden));
  const device: DeviceApi = {
    preflight: () => remote.preflight(),
    models: (edge) => remote.models(edge),
    prepare: (config, onEvent) => remote.prepare(config, proxy(onEvent)),
    run: (config, options, onEvent) => remote.run(config, options, proxy(onEvent)),
    stop: () => remote.stop(),
    downloadPlan: (config) => remote.downloadPlan(config),
    storage: () => remote.storage(),
    clearStorage: () => remote.clearStorage(),
    release: () => remote.release(),
  };
  return {
    device,
    close() {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}
