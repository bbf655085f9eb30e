/**
 * Lets the worker hear its messages. A wasm step is one synchronous call and what follows it are
 * microtasks, so a run of steps would keep a `stop` waiting until its end: between steps, now and
 * then, a whole turn of the event loop. A message channel turns faster than a timer, which browsers
 * clamp to 4 ms.
 */
import type { Clock, PagedAttention, Runtime } from "#engine/ports.ts";

/** Longest stretch without a turn: under one frame. */
const STRETCH_MS = 12;

export type Breath = () => Promise<void>;

/** Waits only when no turn came by itself: a strategy that awaits a reply over the link breathes anyway. */
export function breathing(clock: Clock): Breath {
  const { port1, port2 } = new MessageChannel();
  let lastMs = clock.now();
  let asked = false;
  let wake = (): void => undefined;
  port2.onmessage = () => {
    asked = false;
    lastMs = clock.now();
    wake();
  };
  return async () => {
    if (!asked) port1.postMessage(null);
    asked = true;
    if (clock.now() - lastMs >= STRETCH_MS) await new Promise<void>((resolve) => (wake = resolve));
  };
}

/** The same runtime, breathing before each step. */
export function breathingRuntime(runtime: Runtime, breath: Breath): Runtime {
  return {
    ...runtime,
    compile: async (graph, weights) => {
      const program = await runtime.compile(graph, weights);
      return {
        run: async (inputs, outputs, kv) => {
          await breath();
          return program.run(inputs, outputs, kv);
        },
        close: () => program.close(),
      };
    },
    attention: (heads, context) => {
      const attention = runtime.attention?.(heads, context) ?? null;
      return attention === null ? null : breathingAttention(attention, breath);
    },
    rowMemory: () => runtime.rowMemory?.() ?? null,
    allocateKv: (shape, capacity) => runtime.allocateKv(shape, capacity),
    close: () => runtime.close(),
  };
}

/** Rows that programs of our own compute make no call of the engine: they breathe where they attend. */
const breathingAttention = (attention: PagedAttention, breath: Breath): PagedAttention => ({
  allocate: (blocks, capacity) => attention.allocate(blocks, capacity),
  get pages() {
    return attention.pages;
  },
  attend: async (sequences, projections) => {
    await breath();
    return attention.attend(sequences, projections);
  },
  close: () => attention.close(),
});
