/** The model that the settings name, as far as it is known: its blocks at least. */
import type { ModelSummary } from "#core/run/worker-api.ts";
import { samePlace } from "../derive/link-facts.ts";
import { planned, type CutChoice } from "../derive/strip.ts";
import { laneOf } from "../stores/runs.ts";
import { choiceOf } from "../stores/settings.ts";
import { useFacts } from "../lab.ts";

export interface KnownModel {
  readonly name: string;
  /** Null until the models are listed, unless a run of this one says how deep it is. */
  readonly blocks: number | null;
  /** Null until the models are listed. */
  readonly summary: ModelSummary | null;
}

export function useModel(): KnownModel {
  const name = useFacts("settings", (facts) => facts.model);
  const summary = useFacts("engine", (facts) => facts.models.find((model) => model.name === name) ?? null);
  const ranWith = useFacts(
    "runs",
    ({ lanes }) => lanes.find((lane) => lane.config.model === name && lane.resolved !== null)?.resolved?.blocks ?? null,
  );
  return { name, blocks: summary?.blocks ?? ranWith, summary };
}

/** The run whose details are shown. */
export const useFocus = () => useFacts("runs", (facts) => laneOf(facts, facts.focus));

/** Where the model is cut on the screen: as chosen; under auto as the run on screen was planned. */
export function useChoice(blocks: number): CutChoice {
  const settings = useFacts("settings", (facts) => facts);
  const lane = useFocus();
  const chosen = choiceOf(settings, blocks);
  return lane?.resolved && samePlace(lane, settings)
    ? planned(chosen, lane.resolved, lane.moves.at(-1)?.to ?? lane.resolved.cut)
    : chosen;
}
