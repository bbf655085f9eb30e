/**
 * What a run works with: its surroundings, what is open for it once it is set up, and what a
 * planner above it hands down.
 */
import type { PlanRecord } from "#core/plan/plan-record.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { TokenEvent } from "#core/run/record.ts";
import type { RunEvent, RunOptions } from "#core/run/worker-api.ts";
import type { LinkSetting } from "../link/edge-link.ts";
import type { CancelSignal } from "../ports.ts";
import type { ChangeRequests } from "./change-requests.ts";
import type { Lease } from "./pool/lease.ts";
import type { SessionPool } from "./pool/session-pool.ts";
import type { RunPlan } from "./run-plan.ts";
import type { Resources } from "./tiers.ts";
import type { World } from "./world.ts";

export interface RunContext {
  readonly world: World;
  readonly pool: SessionPool;
  readonly options: RunOptions;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: CancelSignal;
  readonly changeRequests: ChangeRequests;
}

/** A run whose sessions are open. */
export interface OpenRun {
  readonly plan: RunPlan;
  readonly resources: Resources;
  readonly lease: Lease;
  readonly reusedPositions: number;
}

/** A plan as the run that follows it needs it. */
export interface PlannedRun {
  /** What the choice comes to: nothing in it is left to the planner. */
  readonly config: RunConfig;
  readonly record: PlanRecord;
  /** Goes on planning while the run is under way. */
  readonly follow: (parts: FollowParts) => PlanFollower;
}

export interface FollowParts {
  /** Where the cut is; null where it cannot move. */
  readonly cut: () => number | null;
  readonly move: (cut: number) => void;
  readonly onPlan: (plan: PlanRecord) => void;
}

export interface PlanFollower {
  /** `tokens` are all so far, `positions` those in the caches. */
  behindToken(tokens: readonly TokenEvent[], positions: number, remaining: number): void;
  linkChanged(setting: LinkSetting, made: number, positions: number, remaining: number): void;
}
