/**
 * Where this build serves the engines' own files: onnxruntime-web's WebAssembly and the glue that
 * loads it, beside the page. No path leads to a content network.
 */
import asyncifyMjs from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import asyncifyWasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import jspiMjs from "onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url";
import jspiWasm from "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url";
import cpuMjs from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import cpuWasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { EngineFlavour } from "#web/model/onnx-runtime.ts";

const absolute = (path: string): string => new URL(path, import.meta.url).href;

const FILES: Readonly<Record<EngineFlavour, { readonly mjs: string; readonly wasm: string }>> = {
  cpu: { mjs: absolute(cpuMjs), wasm: absolute(cpuWasm) },
  jspi: { mjs: absolute(jspiMjs), wasm: absolute(jspiWasm) },
  asyncify: { mjs: absolute(asyncifyMjs), wasm: absolute(asyncifyWasm) },
};

export const engineFiles = (flavour: EngineFlavour): { readonly mjs: string; readonly wasm: string } => FILES[flavour];
