/**
 * The device worker: inference, storage and the run itself. Wiring only: adapters are chosen here
 * and everything else receives. The page makes it (src/app/device/worker-device.ts), and another
 * in its place when it has to.
 *
 * The link worker, where sockets and their timers live (near-link.ts has the exception), is made by
 * this one; ending this one ends both.
 */
import { expose } from "comlink";
import { loadedPlugins } from "#core/plugin/plugins.ts";
import { BUILD } from "#core/run/build.ts";
import type { DeviceEndpoint } from "#core/run/worker-api.ts";
import { createEngine } from "#engine/engine.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { browserName } from "#web/host/browser-name.ts";
import { webClock, webTimer } from "#web/host/clock.ts";
import { deviceService } from "#web/device-service.ts";
import { batchWaitOn, inBatches } from "#web/host/event-batch.ts";
import { isThisMachine } from "#web/host/this-machine.ts";
import { webExclusive } from "#web/model/exclusive.ts";
import { LinkPort } from "#web/link/link-port.ts";
import { NEAR_PATIENCE, nearLink } from "#web/link/near-link.ts";
import { onOnline } from "#web/link/online.ts";
import { connectWebSocket } from "#web/link/socket.ts";
import { webGpuFlavour, webRuntime } from "#web/model/onnx-runtime.ts";
import { joinPlugins } from "#web/plugin-file.ts";
import { clockResolutionMs, preflight } from "#web/host/preflight.ts";
import { tabCapabilities, TabRuntimes } from "#web/model/tab-runtimes.ts";
import { Visibility } from "#web/host/visibility.ts";
import { warmedUp } from "#web/model/warm-up.ts";
import { openStorage } from "#web/storage/web-storage.ts";
import { webWorld } from "#web/web-world.ts";
import { engineFiles } from "./engine-files.ts";

const linkWorker = new Worker(new URL("./link.ts", import.meta.url), { type: "module", name: "cutlayer-link" });
const links = new LinkPort(linkWorker);
linkWorker.addEventListener("error", (event) => links.crashed(event.message));
const storage = openStorage();
const visibility = new Visibility();
const resolutionMs = clockResolutionMs(webClock);
const batchWait = batchWaitOn(navigator.hardwareConcurrency);
const runtimes = new TabRuntimes(
  async (options) => warmedUp(await webRuntime({ ...options, files: engineFiles })),
  tabCapabilities(),
);

// Workers lie one folder below the page, in the dev server (workers/) and in the build (assets/).
const pageUrl = new URL("../", globalThis.location.href).href;
const world = webWorld({
  pageUrl,
  storage,
  runtimes,
  openLink: async (url, onNotice) => {
    const far = links.open(url, onNotice);
    if (!isThisMachine(url)) return far;
    const ports = {
      connect: connectWebSocket,
      clock: webClock,
      timer: webTimer,
      onNotice,
      onOnline,
      patience: NEAR_PATIENCE,
    };
    return nearLink(socketChannel(url, ports), far);
  },
  gather: (url, request) => links.gather(url, request),
  facts: () => ({
    commit: BUILD.commit,
    startedAt: new Date().toISOString(),
    browser: browserName(navigator),
    cores: navigator.hardwareConcurrency,
    clockResolutionMs: resolutionMs,
    hidden: visibility.wasHidden,
    ...(loadedPlugins().length === 0 ? {} : { plugins: loadedPlugins() }),
  }),
});

const service = deviceService({
  engine: createEngine(world),
  origin: (edge) => world.origin(edge),
  admit: (edge, access) => world.admit(edge, access),
  addTrace: (name, source) => world.addTrace(name, source),
  storage,
  exclusive: webExclusive(),
  discardRuntimes: () => runtimes.discard(),
  preflight: async ({ kind }) =>
    preflight({
      clock: webClock,
      storageKind: kind,
      edgeIsHere: isThisMachine(globalThis.location.href),
      engineUrls: { webgpu: engineFiles(webGpuFlavour()).wasm, wasm: engineFiles("cpu").wasm },
    }),
  onStart: (config) => {
    visibility.begin();
    runtimes.expect(config);
  },
});

/** What is asked for while plugins are on their way waits for them. */
let joined: Promise<unknown> = Promise.resolve();

const api: DeviceEndpoint = {
  ...service,
  join: (plugins) => {
    const joining = joinPlugins(plugins, pageUrl);
    joined = joining;
    return joining;
  },
  prepare: async (config, onEvents, options) => {
    await joined;
    return inBatches(onEvents, webClock, batchWait, (onEvent) => service.prepare(config, onEvent, options));
  },
  candidates: async (text, onEvents, options) => {
    await joined;
    return inBatches(onEvents, webClock, batchWait, (onEvent) => service.candidates(text, onEvent, options));
  },
  run: async (config, options, onEvents) => {
    await joined;
    return inBatches(onEvents, webClock, batchWait, (onEvent) => service.run(config, options, onEvent));
  },
  visibility: async (hidden) => visibility.note(hidden),
};
expose(api);
