/**
 * Loads each model before anybody asks for it, through one token from end to end: the first client
 * does not wait for weights and compilation, and a model that cannot run is known at the start.
 */
import { wholeModel } from "#core/model/architecture.ts";
import { everyShard, type ModelManifest } from "#core/model/manifest.ts";
import { ok, type Failure, type Result } from "#core/run/failure.ts";
import type { SeatSpec } from "../compute/compute.ts";
import type { ComputeLane } from "../compute/compute-lane.ts";
import type { Log } from "../status/log.ts";
import type { ServedModel } from "./seats.ts";

const SEAT = "warm-up";
/** The first takes many times what the others do: of three, the schedule goes by the one in the middle. */
const PASSES = 3;

export interface WarmUpReports {
  /** Of a model that cannot run, and why. */
  delist(model: string, failure: Failure): void;
  /** Of one that can, and the bytes of its weights. */
  loaded(model: string, weightBytes: number): void;
}

export async function warmUp(models: Iterable<ServedModel>, log: Log, reports: WarmUpReports): Promise<void> {
  for (const { manifest, lane } of models) {
    const began = performance.now();
    const spec: SeatSpec = {
      model: manifest.name,
      segment: wholeModel(manifest.architecture),
      codec: "f32",
      sampling: null,
      verify: null,
      draft: null,
      edgeLoad: 1,
      capacity: 1,
      kvCache: true,
    };
    const warmed = await passOnce(lane, spec);
    if (warmed.ok) {
      const elapsedMs = Math.round(performance.now() - began);
      const { name: model, parameters } = manifest;
      log.info({ model, elapsedMs, parameters, stored: storedAs(manifest), weightBytes: warmed.value }, "model ready");
      reports.loaded(manifest.name, warmed.value);
    }
    // A lost session is a stopping server, or a dead worker that has been reported.
    else if (warmed.failure.code !== "session-lost") {
      log.error({ model: manifest.name, failure: warmed.failure }, "this model cannot run and is not offered");
      reports.delist(manifest.name, warmed.failure);
    }
  }
}

/** Bytes of its shards by the type that they are stored in. */
function storedAs(manifest: ModelManifest): Readonly<Record<string, number>> {
  const bytes: Record<string, number> = {};
  for (const tensor of everyShard(manifest).flatMap(({ tensors }) => tensors))
    bytes[tensor.type] = (bytes[tensor.type] ?? 0) + tensor.bytes;
  return bytes;
}

/** The bytes of its weights. */
async function passOnce(lane: ComputeLane, spec: SeatSpec): Promise<Result<number>> {
  const opened = await lane.run({ seat: SEAT, step: { kind: "open", spec } });
  if (!opened.ok) return opened;
  const { outcome } = opened.value;
  const once = () => lane.run({ seat: SEAT, step: { kind: "ids", position: 0, ids: Uint32Array.of(0), want: "none" } });
  const stepped = await once();
  for (let again = 1; again < PASSES && stepped.ok; again++) await once();
  await lane.run({ seat: SEAT, step: { kind: "close" } }, true);
  return stepped.ok ? ok(outcome.kind === "opened" ? outcome.opened.weightBytes : 0) : stepped;
}
