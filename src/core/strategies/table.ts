/**
 * The table of strategies, over the whole union of modes: one that lacks its facts does not compile.
 * Below it, questions that combine traits.
 */
import { MODES, type Mode } from "../run/config.ts";
import { auto } from "./auto.ts";
import { baseline } from "./baseline.ts";
import { colocated } from "./colocated.ts";
import { cooperative } from "./cooperative.ts";
import { deviceOnly } from "./device-only.ts";
import { edgeOnly } from "./edge-only.ts";
import type { StrategyFacts } from "./facts.ts";
import { score } from "./score.ts";
import { speculative } from "./speculative.ts";
import { split } from "./split.ts";
import { splitSpeculative } from "./split-speculative.ts";
import { uSplit } from "./u-split.ts";

const STRATEGIES: { readonly [M in Mode]: StrategyFacts<M> } = {
  split,
  auto,
  "u-split": uSplit,
  "edge-only": edgeOnly,
  "device-only": deviceOnly,
  speculative,
  "split-speculative": splitSpeculative,
  colocated,
  cooperative,
  baseline,
  score,
};

export const factsOf = (mode: Mode): StrategyFacts => STRATEGIES[mode];

export const isMode = (value: unknown): value is Mode => MODES.some((mode) => mode === value);

/** What the planner chooses among, from what it knows: either end, and every cut between. */
export const PLANNER_MODES = ["edge-only", "device-only", "split"] as const satisfies readonly Mode[];
export type PlannerMode = (typeof PLANNER_MODES)[number];
export const isPlannerMode = (mode: Mode): mode is PlannerMode => PLANNER_MODES.some((each) => each === mode);

/** Tokens are drafted in windows and verified, wherever. */
export const draftsWindows = (mode: Mode): boolean => factsOf(mode).drafts?.judged === "windows";

/** A model of its own drafts. */
export const draftsWithModel = (mode: Mode): boolean => factsOf(mode).drafts?.with === "model";

/** What the device holds is the draft, and nothing of the model itself. */
export const holdsDraft = (mode: Mode): boolean => draftsWithModel(mode) && factsOf(mode).drafts?.where === "device";

/** The model drafts for itself, through an exit. */
export const draftsByExit = (mode: Mode): boolean => factsOf(mode).drafts?.with === "exit";

/** The edge generates by itself, undrafted, and streams what comes. */
export const streamsAlone = (mode: Mode): boolean => factsOf(mode).crosses === "once" && factsOf(mode).drafts === null;

/** Each token is one round trip at a cut that was chosen: its time over the cut is a line. */
export const steppedAtCut = (mode: Mode): boolean =>
  factsOf(mode).crosses === "each-token" && factsOf(mode).cut === "chosen";

/** The model whole in one place, by itself: what everything else is compared with. */
export const isWhole = (mode: Mode): boolean => factsOf(mode).cut === "none" && factsOf(mode).drafts === null;
