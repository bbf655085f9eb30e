import { describe, test } from "vitest";
import { runtimeContract } from "#engine/contracts/runtime-contract.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

describe.each(["block", "segment", "piece"] as const)("onnxruntime-node, CPU, one graph a %s", (grain) => {
  for (const { name, run } of runtimeContract(() => nodeRuntime({ backend: "cpu", threads: 1, grain })))
    test(name, run);
});
