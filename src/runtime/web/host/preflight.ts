/**
 * What this tab can do, found out before anything large is fetched: which engines would run, how
 * many threads, how fine the clock, how fast the processor, and in plain sentences what limits it
 * and what would lift that. Every door opens: no WebGPU means wasm, no isolation one thread, no
 * engine at all edge-only.
 */
import type { Preflight, StorageReport } from "#core/run/worker-api.ts";
import type { Clock } from "#engine/ports.ts";
import { webFetch, type Fetch } from "../storage/fetching.ts";
import { probeWebGpu } from "../model/webgpu-probe.ts";
import { storageEstimate } from "../storage/web-storage.ts";

export interface PreflightParts {
  readonly clock: Clock;
  readonly storageKind: StorageReport["kind"];
  /** Where the engines' WebAssembly lies: asked for its size, not fetched. */
  readonly engineUrls: { readonly webgpu: string; readonly wasm: string };
  /** The page's edge computes on this machine too. */
  readonly edgeIsHere: boolean;
  readonly fetch?: Fetch;
}

export async function preflight(parts: PreflightParts): Promise<Preflight> {
  const secureContext = globalThis.isSecureContext;
  const isolated = globalThis.crossOriginIsolated;
  const cores = globalThis.navigator.hardwareConcurrency;
  const bytesOf = (url: string): Promise<number | null> => contentLength(url, parts.fetch ?? webFetch);
  const [webgpu, estimate, webgpuBytes, wasmBytes] = await Promise.all([
    probeWebGpu(globalThis.navigator.gpu, secureContext),
    storageEstimate(),
    bytesOf(parts.engineUrls.webgpu),
    bytesOf(parts.engineUrls.wasm),
  ]);
  const wasm = probeWasm(globalThis.WebAssembly);
  const found = {
    secureContext,
    crossOriginIsolated: isolated,
    cores,
    threads: threadsFor(cores, isolated, parts.edgeIsHere),
    webgpu,
    wasm,
    storage: { kind: parts.storageKind, ...estimate },
  };
  return {
    ...found,
    clockResolutionMs: clockResolutionMs(parts.clock),
    microBenchmark: microBenchmark(parts.clock),
    engineBytes: { webgpu: webgpuBytes, wasm: wasmBytes },
    recommended: recommend(found),
    advice: advise(found),
  };
}

/**
 * Threads to compute with: one core stays free for the page and the link, another for an edge on
 * this very machine; more than four stop paying.
 */
export const threadsFor = (cores: number, isolated: boolean, edgeIsHere: boolean): number =>
  isolated ? Math.max(1, Math.min(4, cores - (edgeIsHere ? 2 : 1))) : 1;

type Found = Pick<
  Preflight,
  "secureContext" | "crossOriginIsolated" | "cores" | "threads" | "webgpu" | "wasm" | "storage"
>;

/** A software adapter computes on the same processor as wasm, slower: it is never the recommendation. */
export function recommend(found: Pick<Preflight, "webgpu" | "wasm">): Preflight["recommended"] {
  if (found.wasm.kind === "absent") return "edge-only";
  return found.webgpu.kind === "present" && !found.webgpu.software ? "webgpu" : "wasm";
}

export function advise(found: Found): readonly string[] {
  const { webgpu, wasm } = found;
  const advice: string[] = [];
  if (wasm.kind === "absent")
    advice.push(`No engine runs in this tab (${wasm.why}): only the edge server can compute.`);
  else if (webgpu.kind === "absent") advice.push(`This tab computes on the processor: ${webgpu.why}.`);
  else if (webgpu.software)
    advice.push(
      `The only WebGPU adapter here (${webgpu.adapter}) runs on the processor and is slower than WebAssembly, so WebAssembly is used.`,
    );
  else advice.push(`This tab computes on the graphics card (${webgpu.adapter}).`);
  if (webgpu.kind === "present" && !webgpu.software && !webgpu.f16)
    advice.push("The graphics card offers no 16-bit arithmetic: weights are computed with in 32 bits.");

  if (!found.secureContext) {
    advice.push(
      "The page came over plain http. Opened over https (npm start -- --https) or on localhost, this tab could use WebGPU, several threads, and keep the model between visits.",
    );
  } else if (!found.crossOriginIsolated) {
    advice.push(
      "The page is not cross-origin isolated, so WebAssembly gets one thread and the clock is coarse. Its server would have to send the headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy.",
    );
  }
  if (found.storage.kind === "memory")
    advice.push("This tab cannot store anything: the model is downloaded again at every visit.");
  return advice;
}

/** The smallest module with a SIMD instruction: `v128.const` dropped, in a function of no arguments. */
const SIMD_MODULE = new Uint8Array([
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  96,
  0,
  0,
  3,
  2,
  1,
  0,
  10,
  23,
  1,
  21,
  0,
  253,
  12,
  ...Array.from({ length: 16 }, () => 0),
  26,
  11,
]);

/** onnxruntime-web is built with SIMD only: without it wasm is of no use to us. */
export function probeWasm(wasm: typeof WebAssembly | undefined): Preflight["wasm"] {
  if (wasm === undefined) return { kind: "absent", why: "this browser has no WebAssembly, or forbids it" };
  const simd = wasm.validate(SIMD_MODULE);
  return simd ? { kind: "present", simd } : { kind: "absent", why: "this browser's WebAssembly has no SIMD" };
}

/** The smallest step the clock was seen to make. */
export function clockResolutionMs(clock: Clock): number {
  let smallest = Infinity;
  let before = clock.now();
  const untilMs = before + 20;
  for (let steps = 0; steps < 500;) {
    const now = clock.now();
    if (now === before) continue;
    smallest = Math.min(smallest, now - before);
    before = now;
    steps += 1;
    // A coarse clock takes 100 ms a step: two of those are enough.
    if (now > untilMs && steps >= 2) break;
  }
  return smallest;
}

const SIDE = 128;

/**
 * Matrix-vector products in plain JavaScript for about 150 ms: the shape of decoding. One
 * multiply-add counts as two operations.
 */
export function microBenchmark(clock: Clock): Preflight["microBenchmark"] {
  const matrix = Float32Array.from({ length: SIDE * SIDE }, (_, i) => ((i * 7919) % 1000) / 1000);
  let vector = new Float32Array(SIDE).fill(1);
  const pass = (): void => {
    const next = new Float32Array(SIDE);
    for (let row = 0; row < SIDE; row += 1) {
      let sum = 0;
      for (let column = 0; column < SIDE; column += 1)
        sum += (matrix[row * SIDE + column] ?? 0) * (vector[column] ?? 0);
      next[row] = sum / SIDE;
    }
    vector = next;
  };
  for (let warmUp = 0; warmUp < 50; warmUp += 1) pass();
  const startedMs = clock.now();
  let passes = 0;
  let elapsedMs = 0;
  while (elapsedMs < 150) {
    for (let i = 0; i < 20; i += 1) pass();
    passes += 20;
    elapsedMs = clock.now() - startedMs;
  }
  return { gflops: (2 * SIDE * SIDE * passes) / elapsedMs / 1e6, elapsedMs };
}

async function contentLength(url: string, fetch: Fetch): Promise<number | null> {
  const length = await fetch(url, { method: "HEAD" }).then(
    (response) => (response.ok ? response.headers.get("content-length") : null),
    () => null,
  );
  return length === null ? null : Number(length);
}
