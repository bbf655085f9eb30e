/** The one number of the short page: what a token takes under the present settings, and how that is known. */
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { factsOf, isWhole } from "#core/strategies/table.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { changedText } from "../changed-since.ts";
import { baselines, comparable, forecastHere, modelled, timedAlike } from "../forecast.ts";
import type { Lane } from "../../stores/runs.ts";
import type { Settings } from "../../stores/settings.ts";

export interface EachToken {
  readonly ms: number;
  /** "measured", and on what; or "modelled". */
  readonly how: string;
}

interface Known {
  readonly lanes: readonly Lane[];
  readonly focus: Lane | null;
  readonly settings: Settings;
  readonly model: ModelSummary | null;
}

/** Null where nothing of the kind has run, and nothing that has says what it would take. */
export function eachToken({ lanes, focus, settings, model }: Known): EachToken | null {
  // A race has a run of every strategy: the one in focus need not be the chosen one's.
  const others = focus === null || (focus.race !== null && focus.config.mode !== settings.mode);
  const measured = others || changedText(focus, settings) !== null ? null : tpotOf(focus);
  if (focus !== null && measured !== null)
    return { ms: measured, how: focus.origin === "recorded" ? "measured when this was recorded" : "measured" };
  if (isWhole(settings.mode)) return ofWhole(lanes, settings);
  const blocks = model?.blocks ?? null;
  const points = modelled(timedAlike(lanes, settings), settings, model);
  const here = blocks === null ? null : forecastHere(points, settings, blocks);
  return here === null
    ? null
    : { ms: here.tpotMs, how: allRecorded(lanes) ? "modelled from recorded runs" : "modelled from the runs so far" };
}

/** Before somebody's own first run there are only those that came with the page. */
const allRecorded = (lanes: readonly Lane[]): boolean => lanes.every(({ origin }) => origin === "recorded");

/** What is not cut is not modelled; runs of its kind tell. */
function ofWhole(lanes: readonly Lane[], settings: Settings): EachToken | null {
  const records = factsOf(settings.mode).needs.edge ? comparable(lanes, settings) : timedAlike(lanes, settings);
  const ran = baselines(records).find(({ mode }) => mode === settings.mode);
  return ran === undefined
    ? null
    : { ms: ran.tpotMs, how: allRecorded(lanes) ? "measured in a recorded run" : "measured in an earlier run" };
}
