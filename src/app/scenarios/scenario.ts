/**
 * What a scenario is: a place where splitting would be used, as a preset of request, link and limits,
 * and one verdict on a run, drawn from what its record measured. A scenario is one file and one row
 * of `table.ts`; the page asks for nothing else.
 */
import type { RunRecord } from "#core/run/record.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import type { VerdictLine } from "../derive/verdict-line.ts";
import type { Settings } from "../stores/settings.ts";

export interface Scenario {
  /** On its button, and in the address in lower case. */
  readonly label: string;
  /** In the largest type until there is a run. */
  readonly question: string;
  /** What it is about, and what its verdict does and does not say: two or three sentences. */
  readonly about: string;
  readonly prompt: string;
  readonly settings: Partial<Settings>;
  /** Of a run that came to its end. */
  readonly verdict: (record: RunRecord, beside: Beside) => VerdictLine;
}

/** What stands beside a run where more can be said of it. */
export interface Beside {
  /** Null where nobody here knows the model. */
  readonly model: ModelSummary | null;
}

/** So many of them: "1 message", "3 messages". */
export const counted = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;
