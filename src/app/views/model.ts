/** The model that the settings name, as far as it is known: its blocks at least. */
import type { ModelSummary } from "#core/run/worker-api.ts";
import { laneOf } from "../stores/runs.ts";
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
