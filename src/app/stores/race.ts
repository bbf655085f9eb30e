/** The race: which strategies, how often, and the records as they come in. */
import { createStore, type StoreApi } from "zustand/vanilla";
import { MODES, type Mode } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { VerdictLine } from "../derive/verdict-line.ts";
import { isRaced } from "#core/strategies/table.ts";

export interface RaceFacts {
  readonly strategies: readonly Mode[];
  readonly rounds: number;
  readonly state: "idle" | "warming" | "running" | "over" | "stopped";
  /** Runs done and to do, warm-ups included. */
  readonly done: number;
  readonly total: number;
  /** What counts: no warm-ups. */
  readonly records: ReadonlyMap<Mode, readonly RacedRun[]>;
  /** What it says; null before there is one. */
  readonly line: VerdictLine | null;
}

export type RacedRun = RunRecord & { readonly laneKey: string };

export const isRacing = ({ state }: Pick<RaceFacts, "state">): boolean => state === "warming" || state === "running";

export type RaceStore = StoreApi<RaceFacts>;

export const createRaceStore = (): RaceStore =>
  createStore<RaceFacts>(() => ({
    strategies: MODES.filter(isRaced),
    rounds: 3,
    state: "idle",
    done: 0,
    total: 0,
    records: new Map(),
    line: null,
  }));
