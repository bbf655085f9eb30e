/**
 * The engines of this tab, each started when it is first asked for and kept: several models and
 * runs share one. An engine that lost its device or its memory is discarded, and the next run
 * starts a new one.
 */
import type { Backend, RunConfig } from "#core/run/config.ts";
import { fail } from "#core/run/failure.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { Runtime } from "#engine/ports.ts";
import { probeWasm, recommend, threadsFor } from "../host/preflight.ts";
import { isThisMachine } from "../host/this-machine.ts";
import { probeWebGpu } from "./webgpu-probe.ts";

export type StartRuntime = (options: {
  readonly backend: "webgpu" | "wasm";
  readonly threads: number;
}) => Promise<Runtime>;

/** What the choice depends on, as this tab has it. */
export interface TabCapabilities {
  readonly gpu: GPU | undefined;
  readonly wasm: typeof WebAssembly | undefined;
  readonly secureContext: boolean;
  readonly isolated: boolean;
  readonly cores: number;
  /** The page's edge computes on this machine too. */
  readonly edgeIsHere: boolean;
}

export const tabCapabilities = (): TabCapabilities => ({
  gpu: globalThis.navigator.gpu,
  wasm: globalThis.WebAssembly,
  secureContext: globalThis.isSecureContext,
  isolated: globalThis.crossOriginIsolated,
  cores: globalThis.navigator.hardwareConcurrency,
  edgeIsHere: isThisMachine(globalThis.location.href),
});

export class TabRuntimes {
  readonly #start: StartRuntime;
  readonly #capabilities: TabCapabilities;
  readonly #running = new Map<"webgpu" | "wasm", Promise<Runtime>>();
  /** onnxruntime-web makes its threads once per worker: what the first start said stays. */
  #wasmThreads: number | null = null;

  constructor(start: StartRuntime, capabilities: TabCapabilities) {
    this.#start = start;
    this.#capabilities = capabilities;
  }

  /** Throws Failed: backend-unavailable, and keys-conflict for other threads than the engine was started with. */
  async get(backend: Backend, threads: number): Promise<Runtime> {
    const chosen = await this.#choose(backend);
    const count = chosen === "wasm" ? this.#threads(threads) : 1;
    const running = this.#running.get(chosen) ?? this.#start({ backend: chosen, threads: count });
    this.#running.set(chosen, running);
    try {
      return await running;
    } catch (thrown) {
      this.#running.delete(chosen);
      throw thrown;
    }
  }

  /** Starts what a run is going to ask for; why it cannot is told then. */
  expect({ mode, backend, threads }: Pick<RunConfig, "mode" | "backend" | "threads">): void {
    const { host, generator } = factsOf(mode).needs;
    if (host || generator) this.get(backend, threads).catch(() => undefined);
  }

  /** Closes what runs; an engine that is past closing is let go of. */
  async discard(): Promise<void> {
    const all = [...this.#running.values()];
    this.#running.clear();
    await Promise.allSettled(all.map(async (runtime) => (await runtime).close()));
  }

  async #choose(backend: Backend): Promise<"webgpu" | "wasm"> {
    const { gpu, secureContext } = this.#capabilities;
    const wasm = probeWasm(this.#capabilities.wasm);
    if (wasm.kind === "absent")
      return fail({ code: "backend-unavailable", backend: backend === "auto" ? "wasm" : backend, why: wasm.why });
    if (backend === "wasm") return "wasm";
    const webgpu = await probeWebGpu(gpu, secureContext);
    if (backend === "webgpu")
      return webgpu.kind === "present" ? "webgpu" : fail({ code: "backend-unavailable", backend, why: webgpu.why });
    return recommend({ wasm, webgpu }) === "webgpu" ? "webgpu" : "wasm";
  }

  #threads(asked: number): number {
    const { cores, isolated, edgeIsHere } = this.#capabilities;
    const wanted = asked === 0 ? (this.#wasmThreads ?? threadsFor(cores, isolated, edgeIsHere)) : isolated ? asked : 1;
    this.#wasmThreads ??= wanted;
    if (wanted !== this.#wasmThreads) {
      fail({
        code: "keys-conflict",
        keys: ["threads"],
        why: `the engine of this worker computes with ${String(this.#wasmThreads)} for as long as it lives`,
      });
    }
    return wanted;
  }
}
