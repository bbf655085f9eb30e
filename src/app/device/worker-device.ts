/**
 * The device worker behind Comlink, replaced when it has to be. Callbacks become proxies; a worker
 * that cannot even start is a coded failure like any other.
 */
import { proxy, releaseProxy, wrap } from "comlink";
import type { PluginFile } from "#core/plugin/identity.ts";
import type { DeviceApi, DeviceEndpoint, RunEvent } from "#core/run/worker-api.ts";
import { renewingDevice, type StartedWorker } from "./renewing-device.ts";

/** How long a worker that is to end may take to close its sessions. */
const PATIENCE_MS = 3000;

/** Every worker joins `plugins` before it is asked anything. */
export function openWorkerDevice(plugins: readonly PluginFile[], onCrash: (what: string) => void): DeviceApi {
  const { device, seen } = renewingDevice({
    start: () => startWorker(plugins, onCrash),
    hidden: () => document.hidden,
    patience: () => new Promise((resolve) => void setTimeout(resolve, PATIENCE_MS)),
  });
  document.addEventListener("visibilitychange", seen);
  return device;
}

const oneByOne = (onEvent: (event: RunEvent) => void) =>
  proxy((events: readonly RunEvent[]) => events.forEach((event) => onEvent(event)));

function startWorker(plugins: readonly PluginFile[], onCrash: (what: string) => void): StartedWorker {
  const worker = new Worker(new URL("../../../workers/device.ts", import.meta.url), {
    type: "module",
    name: "cutlayer-device",
  });
  worker.addEventListener("error", (event) => onCrash(event.message));
  const remote = wrap<DeviceEndpoint>(worker);
  if (plugins.length > 0)
    void remote.join(plugins).then((joined) => joined.ok || onCrash(JSON.stringify(joined.failure)));
  return {
    api: {
      preflight: () => remote.preflight(),
      models: (edge, options) => remote.models(edge, options),
      prepare: (config, onEvent, options) => remote.prepare(config, oneByOne(onEvent), options),
      candidates: (text, onEvent, options) => remote.candidates(text, oneByOne(onEvent), options),
      run: (config, options, onEvent) => remote.run(config, options, oneByOne(onEvent)),
      stop: () => remote.stop(),
      addTrace: (name, source) => remote.addTrace(name, source),
      change: (change) => remote.change(change),
      downloadPlan: (config) => remote.downloadPlan(config),
      storage: () => remote.storage(),
      clearStorage: () => remote.clearStorage(),
      release: () => remote.release(),
      visibility: (hidden) => remote.visibility(hidden),
    },
    end() {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}
