/** The model that the settings name, as far as it is known: its blocks at least. */
import type { ModelSummary } from "#core/run/worker-api.ts";
import { samePlace } from "../derive/link-facts.ts";
import { planned, type CutChoice } from "../derive/strip.ts";
import { laneOf } from "../stores/runs.ts";
import { choiceOf } from "../stores/settings.ts";
import { useFacts } from "../lab.ts";

export interface KnownModel {
  readonly name: string;
  readonly blocks: number;
  /** Null until the models are listed. */
  readonly summary: ModelSummary | null;
}

/** Before the models are listed the run on screen says how deep the model is. */
export function useModel(): KnownModel {
  const name = useFacts("settings", (facts) => facts.model);
  const summary = useFacts("engine", (facts) => facts.models.find((model) => model.name === name) ?? null);
  const shownBlocks = useFacts("runs", (facts) => laneOf(facts, facts.focus)?.resolved?.blocks ?? null);
  return { name, blocks: summary?.blocks ?? shownBlocks ?? 12, summary };
}

/** The run whose details are shown. */
export const useFocus = () => useFacts("runs", (facts) => laneOf(facts, facts.focus));

/** Where the model is cut on the screen: as chosen; under auto as the run on screen was planned. */
export function useChoice(): CutChoice {
  const settings = useFacts("settings", (facts) => facts);
  const { blocks } = useModel();
  const lane = useFocus();
  const chosen = choiceOf(settings, blocks);
  return lane?.resolved && samePlace(lane, settings)
    ? planned(chosen, lane.resolved, lane.moves.at(-1)?.to ?? lane.resolved.cut)
    : chosen;
}
