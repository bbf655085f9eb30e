/**
 * The compute worker's thread: opens the runtime and the folders it was told of, and answers
 * calls. Wiring only.
 */
import { parentPort, workerData } from "node:worker_threads";
import { expose, transfer } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { unwrap } from "#core/run/failure.ts";
import { joinPluginFile } from "#node/plugin-file.ts";
import type { Compute } from "./compute/compute.ts";
import { localCompute } from "./compute/local.ts";
import type { WorkerPlan } from "./compute/worker.ts";

if (parentPort === null) throw new Error("compute-entry runs as a worker thread");
// What `startWorker` put there.
const plan = workerData as WorkerPlan;
for (const plugin of plan.plugins ?? []) unwrap(await joinPluginFile(plugin)); // calls wait: nobody listens yet
const compute = localCompute(plan);

const answers: Compute = {
  open: (seat, spec) => compute.open(seat, spec),
  configure: (seat, settings) => compute.configure(seat, settings),
  step: async (seat, step) => {
    const stepped = await compute.step(seat, step);
    if (!stepped.ok) return stepped;
    const { outcome } = stepped.value;
    const view =
      outcome.kind === "activations" ? outcome.payload : outcome.kind === "log-probs" ? outcome.values : null;
    return view !== null && view.buffer instanceof ArrayBuffer ? transfer(stepped, [view.buffer]) : stepped;
  },
  check: (seat, ids, judged) => compute.check(seat, ids, judged),
  close: (seat) => compute.close(seat),
  memory: () => compute.memory(),
  dispose: () => compute.dispose(),
};

expose(answers, nodeEndpoint(parentPort));
