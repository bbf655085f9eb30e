/**
 * The contract suites that need a browser, as functions for Playwright to call: one case at a
 * time, so that a failure names its case.
 */
import { failureOf } from "#core/run/failure.ts";
import { runtimeContract, type ContractCase } from "#engine/contracts/runtime-contract.ts";
import { webRuntime } from "#web/model/onnx-runtime.ts";
import { engineFiles } from "#workers/engine-files.ts";
import { databaseShelf } from "#app/history/database-shelf.ts";
import { shelfContract } from "#app/history/shelf-contract.ts";
import type { BareLoopRequest, BareLoopResult } from "./bare-loop.ts";
import type { EchoRequest } from "./echo-worker.ts";
import type { LinkRequest, LinkResult } from "./link-worker.ts";
import { wllama, type WllamaRequest, type WllamaResult } from "./wllama.ts";

const runtime = (backend: "webgpu" | "wasm", threads: number) => () =>
  webRuntime({ backend, threads, files: engineFiles, forbidFallback: true });

/** Each case has an empty one. */
let databases = 0;

const SUITES: Readonly<Record<string, readonly ContractCase[]>> = {
  "wasm, 1 thread": runtimeContract(runtime("wasm", 1)),
  "wasm, 2 threads": runtimeContract(runtime("wasm", 2)),
  webgpu: runtimeContract(runtime("webgpu", 1)),
  "runs in IndexedDB": shelfContract((limits) => databaseShelf(limits, () => indexedDB, `contract-${++databases}`)),
};

export interface Harness {
  names(suite: string): readonly string[];
  /** Null when the case holds, else what went wrong. */
  run(suite: string, name: string): Promise<string | null>;
  /** For the benchmarks: a loop around `session.run`, in a worker of its own. */
  bareLoop(request: BareLoopRequest): Promise<BareLoopResult>;
  /** The same in somebody else's runtime. */
  wllama(request: WllamaRequest): Promise<WllamaResult>;
  /** Round trips of a bare WebSocket, in ms. */
  echo(request: EchoRequest): Promise<readonly number[]>;
  /** One-way delays and throughput, with the product's shaper or without. */
  link(request: LinkRequest): Promise<LinkResult>;
}

const harness: Harness = {
  names: (suite) => (SUITES[suite] ?? []).map(({ name }) => name),
  async run(suite, name) {
    const found = SUITES[suite]?.find((entry) => entry.name === name);
    if (found === undefined) return `no such case: ${suite}, ${name}`;
    try {
      await found.run();
      return null;
    } catch (thrown) {
      return JSON.stringify(failureOf(thrown, name));
    }
  },
  bareLoop: (request) =>
    ask<BareLoopResult>(
      (bareWorker ??= new Worker(new URL("./bare-loop-worker.ts", import.meta.url), { type: "module" })),
      request,
    ),
  wllama,
  echo: (request) =>
    ask<readonly number[]>(
      (echoWorker ??= new Worker(new URL("./echo-worker.ts", import.meta.url), { type: "module" })),
      request,
    ),
  link: (request) =>
    ask<LinkResult>(
      (linkWorker ??= new Worker(new URL("./link-worker.ts", import.meta.url), { type: "module" })),
      request,
    ),
};

let bareWorker: Worker | null = null;
let echoWorker: Worker | null = null;
let linkWorker: Worker | null = null;

/** One request at a time to a worker that answers each once. */
function ask<T>(worker: Worker, request: unknown): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ readonly result?: T; readonly error?: string }>) => {
      if (data.result === undefined) reject(new Error(data.error));
      else resolve(data.result);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  });
}

declare global {
  interface Window {
    harness?: Harness;
  }
}

window.harness = harness;
