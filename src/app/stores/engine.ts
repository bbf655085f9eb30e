/** What is known of this tab's engine and of the edge: facts as they were last reported. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Failure } from "#core/run/failure.ts";
import type { DeviceDescription } from "#core/run/tier-description.ts";
import type { DownloadPlan, ModelSummary, Phase, Preflight, StorageReport } from "#core/run/worker-api.ts";
import type { KnownEdge } from "../device/edge-info.ts";

export interface PhaseProgress {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  readonly unit: "bytes" | "blocks" | "tokens";
  readonly fromCache: boolean;
}

export interface EngineFacts {
  /** `ready` once models are known and a run can be asked for. */
  readonly state: "starting" | "ready" | "failed";
  readonly failure: Failure | null;
  readonly preflight: Preflight | null;
  readonly models: readonly ModelSummary[];
  /** The edge that serves or was named; null on a static host without one. */
  readonly edge: KnownEdge | null;
  readonly device: DeviceDescription | null;
  /** In the order in which they began; emptied when the next preparation starts. */
  readonly phases: readonly PhaseProgress[];
  readonly preparing: boolean;
  readonly storage: StorageReport | null;
  readonly downloadPlan: DownloadPlan | null;
}

export type EngineStore = StoreApi<EngineFacts>;

export const createEngineStore = (): EngineStore =>
  createStore<EngineFacts>(() => ({
    state: "starting",
    failure: null,
    preflight: null,
    models: [],
    edge: null,
    device: null,
    phases: [],
    preparing: false,
    storage: null,
    downloadPlan: null,
  }));

/** The phases with this report in place of the one before it. */
export function withProgress(phases: readonly PhaseProgress[], report: PhaseProgress): readonly PhaseProgress[] {
  const known = phases.some((phase) => phase.phase === report.phase);
  return known ? phases.map((phase) => (phase.phase === report.phase ? report : phase)) : [...phases, report];
}
