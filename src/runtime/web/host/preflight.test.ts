/** Every kind of tab gets a recommendation that works in it, and is told the truth about itself. */
import { describe, expect, it } from "vitest";
import type { Preflight } from "#core/run/worker-api.ts";
import { advise, clockResolutionMs, microBenchmark, probeWasm, recommend, threadsFor } from "./preflight.ts";
import { probeWebGpu, summarise } from "../model/webgpu-probe.ts";

const gpu: Preflight["webgpu"] = {
  kind: "present",
  adapter: "nvidia ampere",
  software: false,
  f16: true,
  maxBufferBytes: 1 << 30,
};
const best = {
  secureContext: true,
  crossOriginIsolated: true,
  cores: 8,
  threads: 4,
  webgpu: gpu,
  wasm: { kind: "present", simd: true },
  storage: { kind: "opfs", quotaBytes: null, usedBytes: null },
} as const;
const noGpu = { kind: "absent", why: "this browser has no WebGPU" } as const;

describe("a recommendation", () => {
  it("is the graphics card, then wasm, then the edge", () => {
    expect(recommend(best)).toBe("webgpu");
    expect(recommend({ ...best, webgpu: { ...gpu, software: true } })).toBe("wasm");
    expect(recommend({ ...best, webgpu: noGpu })).toBe("wasm");
    expect(recommend({ ...best, webgpu: noGpu, wasm: { kind: "absent", why: "x" } })).toBe("edge-only");
  });

  it("says what limits the tab and what would lift it", () => {
    expect(advise(best)).toEqual(["This tab computes on the graphics card (nvidia ampere)."]);
    const lan = advise({
      ...best,
      secureContext: false,
      crossOriginIsolated: false,
      webgpu: noGpu,
      storage: { ...best.storage, kind: "memory" },
    });
    expect(lan.join(" ")).toMatch(/processor.*https.*downloaded again/);
    expect(advise({ ...best, webgpu: { ...gpu, software: true } }).join(" ")).toMatch(/slower than WebAssembly/);
    expect(advise({ ...best, crossOriginIsolated: false }).join(" ")).toMatch(/one thread/);
  });
});

describe("probes", () => {
  it("leave a core free, and take one thread without isolation", () => {
    expect([1, 2, 4, 16].map((cores) => threadsFor(cores, true, false))).toEqual([1, 1, 3, 4]);
    expect(threadsFor(16, false, false)).toBe(1);
  });

  it("know a software adapter by its flag or its name", () => {
    expect(summarise({ vendor: "google", architecture: "swiftshader", device: "", description: "" })).toEqual({
      name: "google swiftshader",
      software: true,
    });
    expect(summarise({ description: "llvmpipe (LLVM 15)" }).software).toBe(true);
    expect(summarise({ vendor: "apple", architecture: "metal-3" }).software).toBe(false);
    expect(summarise({ vendor: "intel", isFallbackAdapter: true }).software).toBe(true);
    expect(summarise({}).name).toBe("unnamed adapter");
  });

  it("say why there is no WebGPU", async () => {
    const why = async (gpu: GPU | undefined, secure: boolean): Promise<string> => {
      const found = await probeWebGpu(gpu, secure);
      return found.kind === "absent" ? found.why : "";
    };
    expect(await why(undefined, false)).toMatch(/https/);
    expect(await why(undefined, true)).toMatch(/no WebGPU/);
    const none = { requestAdapter: async () => null } as unknown as GPU;
    expect(await why(none, true)).toMatch(/adapter/);
  });

  it("find SIMD here and not in an engine that rejects it", () => {
    expect(probeWasm(WebAssembly)).toEqual({ kind: "present", simd: true });
    expect(probeWasm(undefined)).toMatchObject({ kind: "absent" });
    expect(probeWasm({ ...WebAssembly, validate: () => false })).toMatchObject({ kind: "absent" });
  });

  it("measure a coarse clock and a busy processor", () => {
    let calls = 0;
    const coarse = { now: () => Math.floor((calls += 1) / 10) * 0.1 };
    expect(clockResolutionMs(coarse)).toBeCloseTo(0.1, 6);
    const { gflops, elapsedMs } = microBenchmark(performance);
    expect(elapsedMs).toBeLessThan(1000);
    expect(gflops).toBeGreaterThan(0.01);
  });
});
