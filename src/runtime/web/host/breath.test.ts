import { expect, test } from "vitest";
import { rowMemory } from "#core/wasm/web-assembly.ts";
import type { PagedAttention, Runtime } from "#engine/ports.ts";
import { breathing, breathingRuntime } from "./breath.ts";

const spin = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

test("after a long stretch a step waits for a whole turn, not for microtasks", async () => {
  const breath = breathing(performance);
  spin(20);
  let turned = false;
  const waiting = breath().then(() => (turned = true));
  for (let microtasks = 0; microtasks < 100; microtasks += 1) await Promise.resolve();
  expect(turned).toBe(false);
  await waiting;
  expect(turned).toBe(true);
});

test("steps that come one by one are not held up", async () => {
  const breath = breathing(performance);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await breath();
  await new Promise((resolve) => setTimeout(resolve, 5));
  let waited = false;
  await Promise.race([
    breath(),
    Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => (waited = true)),
  ]);
  expect(waited).toBe(false);
});

const HEADS = { heads: 1, kvHeads: 1, headSize: 8, scale: 1 };

/** Methods of a class, as the runtimes have them: a copy of its properties has none of them. */
class Bare implements Pick<Runtime, "compile" | "allocateKv" | "close"> {
  readonly description: Runtime["description"] = {
    runtime: "bare",
    backend: "wasm",
    adapter: null,
    software: false,
    threads: 1,
  };
  readonly grain = "piece";
  readonly cacheStyle = "rows";
  readonly casts = [];
  compile = (): never => {
    throw new Error("nothing is compiled here");
  };
  allocateKv = this.compile;
  close(): Promise<void> {
    return Promise.resolve();
  }
}
class Attending extends Bare {
  attention(): PagedAttention {
    const nothing = new Float32Array(0);
    const kv = this.allocateKv;
    return { allocate: kv, pages: 3, attend: () => Promise.resolve(nothing), close: () => Promise.resolve() };
  }
  rowMemory() {
    return rowMemory("device");
  }
}

test("what a runtime has beside its graphs is passed on, and breathes", async () => {
  const breath = breathing(performance);
  const runtime = breathingRuntime(new Attending(), breath);
  expect(runtime.rowMemory?.()).not.toBeNull();
  const attention = runtime.attention?.(HEADS, 64);
  expect(attention?.pages).toBe(3);
  spin(20);
  let turned = false;
  const attended = attention?.attend([], new Float32Array(0)).then(() => (turned = true));
  for (let microtasks = 0; microtasks < 100; microtasks += 1) await Promise.resolve();
  expect(turned).toBe(false);
  await attended;
  expect(turned).toBe(true);
});

test("what a runtime has not is not made up", () => {
  const runtime = breathingRuntime(new Bare(), breathing(performance));
  expect(runtime.attention?.(HEADS, 64)).toBeNull();
  expect(runtime.rowMemory?.()).toBeNull();
});
