/**
 * The contract on onnxruntime-node's native WebGPU. On Linux it needs libvulkan and a driver:
 * vitest.config.ts points it at the software one that Chromium ships. Fails without an adapter.
 */
import { describe, test } from "vitest";
import { runtimeContract } from "#engine/contracts/runtime-contract.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

describe("onnxruntime-node, WebGPU", () => {
  for (const { name, run } of runtimeContract(() =>
    nodeRuntime({ backend: "webgpu", threads: 1, grain: "segment", forbidFallback: true }),
  ))
    test(name, run, 60_000);
});
