/**
 * A `Compute` in a worker thread, seen from the thread that serves: calls become messages whose
 * buffers are transferred, never copied. `died` settles when the thread ends for whatever reason;
 * calls under way then never answer, so whoever waits for one waits for `died` too.
 */
import { Worker } from "node:worker_threads";
import { transfer, wrap } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { PluginOnDisk } from "#node/plugin-file.ts";
import type { Compute, Step } from "./compute.ts";

/** Which models a compute worker serves, and how. It reads the folders itself. */
export interface WorkerPlan {
  readonly models: readonly { readonly name: string; readonly path: string }[];
  readonly backend: "cpu" | "webgpu";
  /** Threads of each pass. */
  readonly threads: number;
  /** How long the unsplit graph stays in memory after the last question. */
  readonly referenceIdleMs: number;
  /** Joined before the first call. */
  readonly plugins?: readonly Omit<PluginOnDisk, "bytes">[];
}

export interface ComputeHandle {
  readonly compute: Compute;
  /** Resolves, with the reason, once nothing here will answer any more. */
  readonly died: Promise<string>;
  readonly end: () => Promise<void>;
}

/** A worker in the middle of a long pass does not hear that it should free its memory. */
const DISPOSE_MS = 500;

export function startWorker(entry: URL, plan: WorkerPlan): ComputeHandle {
  const worker = new Worker(entry, { workerData: plan, name: "compute" });
  const remote = wrap<Compute>(nodeEndpoint(worker));
  const died = new Promise<string>((resolve) => {
    worker.once("error", (error) => resolve(error instanceof Error ? error.message : String(error)));
    worker.once("exit", (code) => resolve(`it ended with code ${code}`));
  });
  const compute: Compute = {
    open: (seat, spec) => remote.open(seat, spec),
    configure: (seat, settings) => remote.configure(seat, settings),
    step: (seat, step) => remote.step(seat, transfer(step, buffersOf(step))),
    check: (seat, ids, judged) => remote.check(seat, ids, judged),
    close: (seat) => remote.close(seat),
    memory: () => remote.memory(),
    dispose: () => remote.dispose(),
  };
  return {
    compute,
    died,
    end: async () => {
      const enough = new Promise((resolve) => setTimeout(resolve, DISPOSE_MS).unref());
      await Promise.race([compute.dispose(), died, enough]);
      await worker.terminate();
    },
  };
}

/** Only buffers that belong to one step alone may be transferred; readers of frames copy their payload out. */
function buffersOf(step: Step): ArrayBuffer[] {
  const views = viewsOf(step);
  return views.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );
}

function viewsOf(step: Step): readonly (Uint8Array | Uint32Array)[] {
  switch (step.kind) {
    case "ids":
    case "draft":
      return [step.ids];
    case "settle":
      return [step.distribution];
    case "move":
    case "fetch":
      return [];
    case "activations":
    case "kv":
    case "rebuild":
      return [step.payload];
    case "score":
      return [step.targets, step.payload];
    case "verify":
      return [step.ids, step.payload];
  }
}
