/**
 * Which WebGPU adapter a tab would get and whether it is a real one. Browsers fall back to
 * software rasterisers (SwiftShader, llvmpipe, WARP) that compute on the CPU, and not every one
 * owns up in `isFallbackAdapter`: its name tells.
 */
import type { Preflight } from "#core/run/worker-api.ts";

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render|warp\b/i;

export interface AdapterSummary {
  readonly name: string;
  readonly software: boolean;
}

export function summarise(info: Partial<GPUAdapterInfo>): AdapterSummary {
  const words = [info.vendor, info.architecture, info.device, info.description].filter(
    (word) => word !== undefined && word !== "",
  );
  const name = [...new Set(words)].join(" ");
  return {
    name: name === "" ? "unnamed adapter" : name,
    software: info.isFallbackAdapter === true || SOFTWARE.test(name),
  };
}

/** `gpu` is undefined on plain http and in browsers without WebGPU, whatever its type says. */
export async function probeWebGpu(gpu: GPU | undefined, secureContext: boolean): Promise<Preflight["webgpu"]> {
  if (gpu === undefined) {
    return {
      kind: "absent",
      why: secureContext ? "this browser has no WebGPU" : "browsers offer WebGPU only over https and on localhost",
    };
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (adapter === null) return { kind: "absent", why: "the browser has WebGPU but found no graphics adapter for it" };
  const { name, software } = summarise(adapter.info);
  return {
    kind: "present",
    adapter: name,
    software,
    f16: adapter.features.has("shader-f16"),
    maxBufferBytes: adapter.limits.maxStorageBufferBindingSize,
  };
}
