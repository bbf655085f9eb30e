/**
 * onnxruntime-web fetches and compiles its WebAssembly when the first session is created. A graph
 * of one addition makes that happen at once, beside the fetching of manifest, tokenizer and shards.
 */
import { encodeModel, input } from "#core/onnx/graph.ts";
import { add } from "#core/onnx/operators.ts";
import type { Runtime } from "#engine/ports.ts";

/** The runtime at once; what is compiled on it next waits behind the warm-up, and fails where that fails. */
export function warmedUp(runtime: Runtime): Runtime {
  const x = input("x", "F32", [1]);
  const graph = encodeModel("warm-up", [{ name: "y", value: add(x, x), type: "F32", shape: [1] }]);
  // On WebGPU the runtime's own session keeps the device when this one is closed.
  runtime.compile(graph, new Map()).then(
    (program) => program.close(),
    () => undefined,
  );
  return runtime;
}
