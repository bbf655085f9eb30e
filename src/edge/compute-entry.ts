/**
 * The compute worker's thread: opens the runtime and the folders it was told of, and answers
 * calls. Wiring only.
 */
import { parentPort, workerData } from "node:worker_threads";
import { expose, transfer } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { unwrap, type Result } from "#core/run/failure.ts";
import { joinPluginFile } from "#node/plugin-file.ts";
import type { Stepped, Underway } from "./compute/compute.ts";
import { localCompute } from "./compute/local.ts";
import { buffersIn, type RemoteCompute, type Told, type WorkerPlan } from "./compute/worker.ts";

if (parentPort === null) throw new Error("compute-entry runs as a worker thread");
// What `startWorker` put there.
const plan = workerData as WorkerPlan;
for (const plugin of plan.plugins ?? []) unwrap(await joinPluginFile(plugin)); // calls wait: nobody listens yet
const compute = localCompute(plan);

const answers: RemoteCompute = {
  stepMany: async (chunks, waiting) => {
    const tell: Underway["tell"] = (seat, token) => parentPort?.postMessage({ told: [seat, token] } satisfies Told);
    const results = await compute.stepMany(chunks, { waiting, tell });
    return transfer([...results], results.flatMap(freshBuffers));
  },
  memory: () => compute.memory(),
  dispose: () => compute.dispose(),
};

/** Only what was made for this answer: a rule may keep what it gave. */
function freshBuffers(result: Result<Stepped>): ArrayBuffer[] {
  const outcome = result.ok ? result.value.outcome : null;
  if (outcome === null) return [];
  return ["activations", "log-probs", "kv", "verdicts", "candidates"].includes(outcome.kind) ? buffersIn(outcome) : [];
}

expose(answers, nodeEndpoint(parentPort));
