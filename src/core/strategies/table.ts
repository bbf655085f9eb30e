/**
 * The table of strategies, over the whole union of modes: one that lacks its facts does not compile.
 * Below it, questions that combine traits.
 */
import { MODES, type Mode, type RunConfig } from "../run/config.ts";
import { fail } from "../run/failure.ts";
import { LOOKUP } from "../speculation/lookup.ts";
import { auto } from "./auto.ts";
import { baseline } from "./baseline.ts";
import { colocated } from "./colocated.ts";
import { cooperative } from "./cooperative.ts";
import { deviceOnly } from "./device-only.ts";
import { edgeOnly } from "./edge-only.ts";
import type { PlainPlace, StrategyFacts } from "./facts.ts";
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

/** The strategy that is this plain place. */
export const plainMode = (place: PlainPlace): Mode =>
  MODES.find((mode) => factsOf(mode).plain === place) ??
  fail({ code: "internal", where: "plainMode", what: `no strategy is the plain ${place}` });

/** What the planner chooses among, from what it knows: either end, and every cut between. */
export const isPlannerMode = (mode: Mode): boolean => factsOf(mode).plain !== null;

/** Tokens are drafted in windows and verified, wherever. */
export const draftsWindows = (mode: Mode): boolean => factsOf(mode).drafts?.judged === "windows";

type Drafting = Pick<RunConfig, "mode" | "draftModel">;

/** What is drafted is looked up in the text: no model drafts. */
export const looksUp = ({ mode, draftModel }: Drafting): boolean =>
  factsOf(mode).drafts?.with === "model" && draftModel === LOOKUP;

/** A model of its own drafts. */
export const draftsWithModel = (config: Drafting): boolean =>
  factsOf(config.mode).drafts?.with === "model" && !looksUp(config);

/** What the device holds is the draft, and nothing of the model itself. */
export const holdsDraft = (config: Drafting): boolean =>
  draftsWithModel(config) && factsOf(config.mode).drafts?.where === "device";

/** The model drafts for itself, through an exit. */
export const draftsByExit = (mode: Mode): boolean => factsOf(mode).drafts?.with === "exit";

/** The edge generates by itself, undrafted, and streams what comes. */
export const streamsAlone = (mode: Mode): boolean => factsOf(mode).crosses === "once" && factsOf(mode).drafts === null;

/** Each token is one round trip at a cut that was chosen: its time over the cut is a line. */
export const steppedAtCut = (mode: Mode): boolean =>
  factsOf(mode).crosses === "each-token" && factsOf(mode).cut === "chosen";

/** The model whole in one place, by itself: what everything else is compared with. */
export const isWhole = (mode: Mode): boolean => factsOf(mode).cut === "none" && factsOf(mode).drafts === null;

/** What is worth a race: the plain cut against whatever has the model whole. */
export const isRaced = (mode: Mode): boolean => factsOf(mode).plain === "cut" || isWhole(mode);
