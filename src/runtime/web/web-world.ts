/**
 * The engine's world over a browser tab: models from an origin, weights through the shard store,
 * computing on WebGPU or wasm, the link through whoever holds the sockets.
 */
import type { Backend } from "#core/run/config.ts";
import { fail, unwrap, type Result } from "#core/run/failure.ts";
import { readTrace } from "#core/link/mahimahi.ts";
import { parseTrace, type LinkTrace } from "#core/link/trace.ts";
import type { Crowd, CrowdRequest } from "#engine/crowd/crowd.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import type { CancelSignal, Runtime } from "#engine/ports.ts";
import type { HostRequest, World, WorldFacts } from "#engine/run/world.ts";
import type { EdgeLink, LinkNotice } from "#engine/link/edge-link.ts";
import { breathing, breathingRuntime, type Breath } from "./host/breath.ts";
import { isLoopback } from "./host/this-machine.ts";
import { webClock } from "./host/clock.ts";
import { fetchText } from "./storage/fetch-text.ts";
import { bearing, webFetch } from "./storage/fetching.ts";
import { modelOrigin, type ModelOrigin } from "./model/model-source.ts";
import { importEngine, webGpuFlavour } from "./model/onnx-runtime.ts";
import type { ShardStorage } from "./storage/shard-storage.ts";
import type { TabRuntimes } from "./model/tab-runtimes.ts";
import { freeBytes } from "./storage/web-storage.ts";

export interface WebWorldParts {
  /** The folder that the page was served from, with its slash. */
  readonly pageUrl: string;
  readonly storage: Promise<ShardStorage>;
  readonly runtimes: TabRuntimes;
  /** A link to the edge server at `url`. */
  readonly openLink: (url: string, onNotice: (notice: LinkNotice) => void) => Promise<EdgeLink>;
  /** Simulated devices on the edge server at `url`. */
  readonly gather: (url: string, request: CrowdRequest) => Crowd;
  readonly facts: () => WorldFacts;
}

export interface WebWorld extends World {
  /** The models of an edge server, null for the page's own origin. */
  origin(edge: string | null): Promise<ModelOrigin>;
  /** From now on that edge server's files are asked for with its token. */
  admit(edge: string | null, access: string | undefined): void;
  /** A trace of the user's own, from now on known as `trace:name`; it goes before one that ships. */
  addTrace(name: string, source: string): Result<LinkTrace>;
}

export function webWorld(parts: WebWorldParts): WebWorld {
  const breath = breathing(webClock);
  const traces = new Traces(parts.pageUrl);
  const origins = new Map<string, Promise<ModelOrigin>>();
  /** By the folder of the server that each was given for: it goes to no other. */
  const tokens = new Map<string, string>();

  const folderOf = (edge: string | undefined): string =>
    edge === undefined ? parts.pageUrl : folderAt(edge, parts.pageUrl);

  const origin = (edge: string | null): Promise<ModelOrigin> => {
    const base = folderOf(edge ?? undefined);
    const fetch = bearing(webFetch, () => tokens.get(base));
    const held = origins.get(base) ?? parts.storage.then((storage) => modelOrigin({ base, storage, freeBytes, fetch }));
    origins.set(base, held);
    return held;
  };

  return {
    clock: webClock,
    origin,
    admit: (edge, access) => {
      if (access !== undefined) tokens.set(folderOf(edge ?? undefined), access);
    },
    openModel: async (name, edge, signal) => (await origin(edge ?? null)).open(name, signal),
    forgetModels: async (edge) => (await origins.get(folderOf(edge)))?.forget(),
    openHost: async (request) =>
      createModelHost(
        breathingRuntime(await runtimeFor(parts.runtimes, request), breath),
        request.manifest,
        request.readShard,
      ),
    openGenerator: async (request) => generatorOn(await runtimeFor(parts.runtimes, request), request, breath),
    addTrace: (name, source) => traces.add(name, source),
    openTrace: (name, signal) => traces.open(name, signal),
    openLink: (edge, onNotice) => parts.openLink(folderOf(edge), onNotice),
    gather: (edge, request) => parts.gather(folderOf(edge), request),
    facts: parts.facts,
  };
}

/** Recorded links by name: the user's own, then those that the page ships. */
class Traces {
  readonly #own = new Map<string, LinkTrace>();
  readonly #pageUrl: string;

  constructor(pageUrl: string) {
    this.#pageUrl = pageUrl;
  }

  add(name: string, source: string): Result<LinkTrace> {
    const trace = readTrace(name, source);
    if (trace.ok) this.#own.set(name, trace.value);
    return trace;
  }

  /** Throws Failed: bad-value, edge-unreachable, stopped. */
  async open(name: string, signal?: CancelSignal): Promise<LinkTrace> {
    const own = this.#own.get(name);
    if (own !== undefined) return own;
    const csv = await fetchText(`traces/${encodeURIComponent(name)}.csv`, this.#pageUrl, webFetch, signal);
    if (csv !== null) return unwrap(parseTrace(name, csv));
    return fail({
      code: "bad-value",
      key: "link",
      value: `trace:${name}`,
      expected: "a trace that the page's origin has",
    });
  }
}

const runtimeFor = (
  runtimes: TabRuntimes,
  { backend, threads }: { readonly backend: Backend; readonly threads: number },
): Promise<Runtime> => runtimes.get(backend, threads);

async function generatorOn(runtime: Runtime, request: HostRequest, breath: Breath): ReturnType<World["openGenerator"]> {
  // Only the baseline needs what hands our model to transformers.js.
  const [ort, { transformersGenerator }] = await Promise.all([
    importEngine(runtime.description.backend === "wasm" ? "cpu" : webGpuFlavour()),
    import("./model/baseline.ts"),
  ]);
  return transformersGenerator(request, { ort, runtime, breath });
}

/** An edge server's address as the folder of its files. Throws Failed: bad-value, mixed-content. */
export function folderAt(edge: string, pageUrl: string): string {
  const written = /^[a-z]+:\/\//i.test(edge) ? edge.replace(/^ws/i, "http") : `${new URL(pageUrl).protocol}//${edge}`;
  const url = URL.parse(written);
  if (url === null || !/^https?:$/.test(url.protocol))
    return fail({
      code: "bad-value",
      key: "edge",
      value: edge,
      expected: "the address of an edge server, such as https://host:8080",
    });
  if (pageUrl.startsWith("https:") && url.protocol === "http:" && !isLoopback(url.hostname))
    return fail({ code: "mixed-content", url: url.href });
  return new URL("./", url.href.endsWith("/") ? url.href : `${url.href}/`).href;
}
