/**
 * The contract suites that need a browser, as functions for Playwright to call: one case at a
 * time, so that a failure names its case.
 */
import asyncifyGlue from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import asyncifyWasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import jspiGlue from "onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url";
import jspiWasm from "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url";
import cpuGlue from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import cpuWasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { failureOf } from "#core/run/failure.ts";
import { runtimeContract, type ContractCase } from "#engine/contracts/runtime-contract.ts";
import { webRuntime, type EngineFlavour } from "#web/onnx-runtime.ts";

const absolute = (path: string): string => new URL(path, location.href).href;

const FILES: Readonly<Record<EngineFlavour, { readonly mjs: string; readonly wasm: string }>> = {
  cpu: { mjs: absolute(cpuGlue), wasm: absolute(cpuWasm) },
  jspi: { mjs: absolute(jspiGlue), wasm: absolute(jspiWasm) },
  asyncify: { mjs: absolute(asyncifyGlue), wasm: absolute(asyncifyWasm) },
};

const runtime = (backend: "webgpu" | "wasm", threads: number) => () => webRuntime({ backend, threads, files: (flavour) => FILES[flavour], forbidFallback: true });

const SUITES: Readonly<Record<string, readonly ContractCase[]>> = {
  "wasm, 1 thread": runtimeContract(runtime("wasm", 1)),
  "wasm, 2 threads": runtimeContract(runtime("wasm", 2)),
  webgpu: runtimeContract(runtime("webgpu", 1)),
};

export interface Harness {
  names(suite: string): readonly string[];
  /** Null when the case holds, else what went wrong. */
  run(suite: string, name: string): Promise<string | null>;
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
};

declare global {
  interface Window {
    harness?: Harness;
  }
}

window.harness = harness;
