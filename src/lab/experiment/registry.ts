/** The chapters, in order. Adding an experiment is a file of its own and a line here. */
import type { Experiment } from "./experiment.ts";
import { aDayOnALink } from "../experiments/a-day-on-a-link.ts";
import { howFarToDraft } from "../experiments/how-far-to-draft.ts";
import { whatACodecCosts } from "../experiments/what-a-codec-costs.ts";
import { whatTheCacheSaves } from "../experiments/what-the-cache-saves.ts";
import { whatDraftingSpares } from "../experiments/what-drafting-spares.ts";
import { whenToDraft } from "../experiments/when-to-draft.ts";
import { whereTheTimeGoes } from "../experiments/where-the-time-goes.ts";
import { whoIsServed } from "../experiments/who-is-served.ts";
import { whereToCut } from "../experiments/where-to-cut.ts";

export const EXPERIMENTS: readonly Experiment[] = [
  whereToCut,
  whereTheTimeGoes,
  whatTheCacheSaves,
  whatACodecCosts,
  howFarToDraft,
  whenToDraft,
  aDayOnALink,
  whoIsServed,
  whatDraftingSpares,
];

/** By id or by number. */
export const experimentNamed = (name: string): Experiment | null =>
  EXPERIMENTS.find(({ id, number }) => id === name || String(number) === name) ?? null;
