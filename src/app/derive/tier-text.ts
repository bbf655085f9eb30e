/** One line each on who computes and what is held there; only what was reported, nothing guessed. */
import type { Backend } from "#core/run/config.ts";
import type { TokenEvent } from "#core/run/record.ts";
import type { DeviceDescription, EdgeDescription, TierMemory } from "#core/run/tier-description.ts";
import type { ModelSummary, Preflight } from "#core/run/worker-api.ts";
import { median } from "#core/measure/summary.ts";
import { duration, size } from "../format/units.ts";
import type { Zone } from "./strip.ts";

const BACKENDS: Readonly<Record<string, string>> = {
  webgpu: "WebGPU",
  wasm: "WebAssembly",
  cpu: "CPU",
  none: "no engine",
};

const threads = (count: number): string => (count === 1 ? "1 thread" : `${count} threads`);

/** "WebGPU on SwiftShader, a software adapter". */
export function describeDevice(device: DeviceDescription): string {
  const name = BACKENDS[device.backend] ?? device.backend;
  if (device.backend === "webgpu")
    return device.adapter === null
      ? name
      : `${name} on ${device.adapter}${device.software ? ", a software adapter" : ""}`;
  return device.backend === "none" ? "computes nothing here" : `${name}, ${threads(device.threads)}`;
}

interface DeviceSources {
  readonly recorded: DeviceDescription | null;
  readonly device: DeviceDescription | null;
  readonly preflight: Preflight | null;
  readonly backend: Backend;
}

/** The recorded machine while a recording is shown, else what this tab's last run used, else what it would use. A run that needed no engine here says nothing of one that does. */
export function deviceLine({ recorded, device, preflight, backend }: DeviceSources): string {
  const known = recorded ?? device;
  if (known !== null && known.backend !== "none") return describeDevice(known);
  if (preflight === null) return "looking at this machine";
  const wanted = backend === "auto" ? preflight.recommended : backend;
  if (wanted === "edge-only") return "no engine can run here";
  if (wanted === "webgpu")
    return preflight.webgpu.kind === "present"
      ? `WebGPU on ${preflight.webgpu.adapter}`
      : "WebGPU, which this tab lacks";
  return `WebAssembly, ${threads(preflight.threads)}`;
}

interface EdgeSources {
  readonly recorded: EdgeDescription | null;
  readonly live: EdgeDescription | null;
  readonly used: boolean;
  /** Whether it has answered the page. */
  readonly answers: boolean;
}

export function edgeLine({ recorded, live, used, answers }: EdgeSources): string {
  const known = recorded ?? live;
  if (known === null)
    return !used ? "not used" : answers ? "answers; a run will say what it computes with" : "not reached yet";
  return `${known.runtime}, ${known.provider === "webgpu" ? "WebGPU" : "CPU"}, ${threads(known.threads)}`;
}

/** How busy the edge was: what a decode token waited for its turn. */
export function queueLine(tokens: readonly TokenEvent[]): string {
  const waited = median(tokens.slice(1).map((token) => token.queueMs));
  return waited === null ? "" : `load: ${duration(waited)} in its queue a token`;
}

/** Bytes of the zone's shards, each counted once (a tied embedding is one with the head). */
export function weightBytes(zone: Zone, model: ModelSummary): number {
  const { embedding, block, head, tied } = model.shardBytes;
  const has = (kind: "embedding" | "head"): boolean => zone.pieces.some((piece) => piece.kind === kind);
  const blocks = zone.pieces.reduce((sum, piece) => sum + (piece.kind === "block" ? (block[piece.index] ?? 0) : 0), 0);
  const ends = tied
    ? has("embedding") || has("head")
      ? embedding
      : 0
    : (has("embedding") ? embedding : 0) + (has("head") ? head : 0);
  return blocks + ends;
}

/** What the zone holds: as the run on screen measured it (at the edge the weights are there once for all clients), else what it would take. */
export function memoryLine(zone: Zone, model: ModelSummary | null, measured: TierMemory | null): string {
  if (measured !== null && measured.weightBytes > 0)
    return `this run: ${size(measured.weightBytes)} of weights${zone.tier === "edge" ? ", shared" : ""}, ${size(measured.kvBytes)} of keys and values`;
  if (zone.pieces.length === 0) return zone.tier === "tab" ? "holds no weights" : "holds nothing";
  return model === null ? "" : `${size(weightBytes(zone, model))} of weights`;
}
