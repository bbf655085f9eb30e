/**
 * A `Compute` in a worker thread, seen from the thread that serves: calls become messages whose
 * buffers are transferred, never copied. `died` settles when the thread ends for whatever reason;
 * calls under way then never answer, so whoever waits for one waits for `died` too.
 */
import { Worker } from "node:worker_threads";
import { transfer, wrap } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { WeightPrecision } from "#core/model/precision.ts";
import type { PluginOnDisk } from "#node/plugin-file.ts";
import type { Chunk, Compute, Underway } from "./compute.ts";

/** Which models a compute worker serves, and how. It reads the folders itself. */
export interface WorkerPlan {
  readonly models: readonly { readonly name: string; readonly path: string }[];
  readonly backend: "cpu" | "webgpu";
  /** Threads of each pass. */
  readonly threads: number;
  /** Of the weights; as the files have them where it is left out. */
  readonly precision?: WeightPrecision;
  /** How long the unsplit graph stays in memory after the last question. */
  readonly referenceIdleMs: number;
  /** For beginnings of prompts that seats share; none are where it is left out. */
  readonly prefixBytes?: number;
  /** Joined before the first call. */
  readonly plugins?: readonly Omit<PluginOnDisk, "bytes">[];
}

export interface ComputeHandle {
  readonly compute: Compute;
  /** Resolves, with the reason, once nothing here will answer any more. */
  readonly died: Promise<string>;
  readonly end: () => Promise<void>;
}

/** A message of a call's `tell`: on the calls' own port, so that none comes after its call's answer. */
export interface Told {
  readonly told: Parameters<Underway["tell"]>;
}

const isTold = (message: unknown): message is Told =>
  typeof message === "object" && message !== null && "told" in message;

/** A compute as it answers calls over the port: of what is under way only the shared number crosses, tokens come as messages. */
export interface RemoteCompute extends Pick<Compute, "memory" | "dispose"> {
  stepMany(chunks: readonly Chunk[], waiting: Int32Array): ReturnType<Compute["stepMany"]>;
}

/** A worker in the middle of a long pass does not hear that it should free its memory. */
const DISPOSE_MS = 500;

export function startWorker(entry: URL, plan: WorkerPlan): ComputeHandle {
  const worker = new Worker(entry, { workerData: plan, name: "compute" });
  const remote = wrap<RemoteCompute>(nodeEndpoint(worker));
  const died = new Promise<string>((resolve) => {
    worker.once("error", (error) => resolve(error instanceof Error ? error.message : String(error)));
    worker.once("exit", (code) => resolve(`it ended with code ${code}`));
  });
  let tell: Underway["tell"] = () => {};
  worker.on("message", (message: unknown) => void (isTold(message) && tell(...message.told)));
  const compute: Compute = {
    stepMany: (chunks, underway) => {
      ({ tell } = underway);
      return remote.stepMany(transfer([...chunks], buffersIn(chunks)), underway.waiting);
    },
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

/** The buffers of plain data that may be transferred: those that belong to one array alone. Readers of frames copy their payload out. */
export function buffersIn(data: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  gather(data, found);
  return [...found];
}

function gather(data: unknown, into: Set<ArrayBuffer>): void {
  if (typeof data !== "object" || data === null) return;
  if (!ArrayBuffer.isView(data)) return Object.values(data).forEach((value) => gather(value, into));
  const { buffer, byteLength } = data;
  if (buffer instanceof ArrayBuffer && byteLength > 0 && buffer.byteLength === byteLength) into.add(buffer);
}
