/** A plan's models computed in this very thread: what the worker runs, and tests without one. */
import { unwrap } from "#core/run/failure.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import type { ModelHost } from "#engine/ports.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { nodeRuntime } from "#node/model/onnx-runtime.ts";
import { ModelCompute, type ServedFolder } from "./model-compute.ts";
import { ReferenceHost } from "./reference.ts";
import type { WorkerPlan } from "./worker.ts";

export function localCompute({
  models,
  backend,
  threads,
  precision,
  referenceIdleMs,
  prefixBytes,
}: WorkerPlan): ModelCompute {
  const source = (path: string): ServedFolder => {
    const open = async (own: { readonly grain?: "segment" } = {}): Promise<ModelHost> => {
      const folder = unwrap(await openModelFolder(path, precision));
      return createModelHost(
        await nodeRuntime({ backend, threads, blocks: precision !== "f32", ...own }),
        folder.manifest,
        (shard) => folder.readShard(shard),
      );
    };
    return { openHost: () => open(), reference: new ReferenceHost(() => open({ grain: "segment" }), referenceIdleMs) };
  };
  return new ModelCompute(new Map(models.map(({ name, path }) => [name, source(path)])), prefixBytes);
}
