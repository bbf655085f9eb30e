/** Which engine a tab starts, how often, and what it says when it cannot. */
import { describe, expect, it } from "vitest";
import { Failed } from "#core/run/failure.ts";
import type { Runtime } from "#engine/ports.ts";
import { TabRuntimes, type StartRuntime, type TabCapabilities } from "./tab-runtimes.ts";

const adapter = (name: string) => ({
  info: { description: name },
  features: new Set<string>(),
  limits: { maxStorageBufferBindingSize: 1 },
});
const gpuWith = (name: string | null): GPU =>
  ({ requestAdapter: async () => (name === null ? null : adapter(name)) }) as unknown as GPU;
const capabilities: TabCapabilities = {
  gpu: gpuWith("apple metal-3"),
  wasm: WebAssembly,
  secureContext: true,
  isolated: true,
  edgeIsHere: false,
  cores: 4,
};

function tab(more: Partial<TabCapabilities> = {}): {
  runtimes: TabRuntimes;
  started: string[];
  closed: string[];
  failNext: { why: string | null };
} {
  const started: string[] = [];
  const closed: string[] = [];
  const failNext: { why: string | null } = { why: null };
  const start: StartRuntime = async ({ backend, threads }) => {
    started.push(`${backend} ${String(threads)}`);
    const { why } = failNext;
    failNext.why = null;
    if (why !== null) throw new Failed({ code: "backend-unavailable", backend, why });
    return { description: { backend }, close: async () => void closed.push(backend) } as unknown as Runtime;
  };
  return { runtimes: new TabRuntimes(start, { ...capabilities, ...more }), started, closed, failNext };
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Failed ? thrown.failure : thrown),
  );

describe("the runtimes of a tab", () => {
  it("start what suits the tab, once", async () => {
    const { runtimes, started } = tab();
    expect(await runtimes.get("auto", 0)).toBe(await runtimes.get("webgpu", 0));
    await runtimes.get("wasm", 0);
    await runtimes.get("wasm", 3);
    expect(started).toEqual(["webgpu 1", "wasm 3"]);
  });

  it("take wasm where the adapter is software or absent, and one thread without isolation", async () => {
    for (const gpu of [gpuWith("SwiftShader"), gpuWith(null), undefined]) {
      const { runtimes, started } = tab({ gpu, isolated: false });
      await runtimes.get("auto", 4);
      expect(started).toEqual(["wasm 1"]);
    }
  });

  it("still give a software adapter to who asks for WebGPU", async () => {
    const { runtimes, started } = tab({ gpu: gpuWith("SwiftShader") });
    await runtimes.get("webgpu", 0);
    expect(started).toEqual(["webgpu 1"]);
  });

  it("say why there is no engine", async () => {
    expect(await failureOf(tab({ gpu: undefined }).runtimes.get("webgpu", 0))).toMatchObject({
      code: "backend-unavailable",
      backend: "webgpu",
    });
    expect(await failureOf(tab({ wasm: undefined }).runtimes.get("auto", 0))).toMatchObject({
      code: "backend-unavailable",
      backend: "wasm",
    });
  });

  it("refuse other threads than the engine was started with", async () => {
    const { runtimes } = tab();
    await runtimes.get("wasm", 1);
    expect(await failureOf(runtimes.get("wasm", 2))).toMatchObject({ code: "keys-conflict", keys: ["threads"] });
    await runtimes.discard();
    expect(await failureOf(runtimes.get("wasm", 2))).toMatchObject({ code: "keys-conflict" });
  });

  it("try again after a start that failed, and start anew after a discard", async () => {
    const { runtimes, started, closed, failNext } = tab();
    failNext.why = "no luck";
    expect(await failureOf(runtimes.get("webgpu", 0))).toMatchObject({ why: "no luck" });
    await runtimes.get("webgpu", 0);
    await runtimes.discard();
    await runtimes.get("webgpu", 0);
    expect(started).toEqual(["webgpu 1", "webgpu 1", "webgpu 1"]);
    expect(closed).toEqual(["webgpu"]);
  });

  it("start in advance what a run will ask for, and nothing for the edge alone", async () => {
    const { runtimes, started } = tab();
    runtimes.expect({ mode: "edge-only", backend: "auto", threads: 0 });
    runtimes.expect({ mode: "split", backend: "wasm", threads: 0 });
    await runtimes.get("wasm", 0);
    expect(started).toEqual(["wasm 3"]);
  });
});
