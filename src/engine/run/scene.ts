/**
 * What a run is played in: what is around it, what it stands on once everything is open, and what a
 * planner above it hands down.
 */
import type { PlanRecord } from "#core/plan/plan-record.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { TokenEvent } from "#core/run/record.ts";
import type { RunEvent, RunOptions } from "#core/run/worker-api.ts";
import type { LinkSetting } from "../link/edge-link.ts";
import type { CancelSignal } from "../ports.ts";
import type { RunWishes } from "./change-requests.ts";
import type { Lease } from "./lease.ts";
import type { Holdings } from "./resources.ts";
import type { RunPlan } from "./run-plan.ts";
import type { Grounds } from "./tiers.ts";
import type { World } from "./world.ts";

export interface Scene {
  readonly world: World;
  readonly holdings: Holdings;
  readonly options: RunOptions;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: CancelSignal;
  readonly wishes: RunWishes;
}

/** What a run stands on once everything is open. */
export interface Stage {
  readonly plan: RunPlan;
  readonly grounds: Grounds;
  readonly lease: Lease;
  readonly reusedPositions: number;
}

/** A plan as the run that follows it needs it. */
export interface Planned {
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
