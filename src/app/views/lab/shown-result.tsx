/** Which result a lesson shows: the recorded one, or this tab's own where there is one and it is chosen. */
import { Button } from "@mantine/core";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Result } from "#core/run/failure.ts";
import { caveatsOf } from "#lab/analysis/summaries.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import type { Plot } from "#lab/plot/plot.ts";
import { plotsOf } from "#lab/plot/plots.ts";
import type { RecordedExperiment } from "#lab/results/recorded.ts";
import type { Results } from "#lab/results/results.ts";
import { loadRecordedExperiment } from "../../device/recorded-experiments.ts";
import { day } from "../../format/units.ts";
import type { SweepRunner } from "./sweep-runner.ts";
import css from "./lab.module.css";

export interface Shown {
  readonly plots: readonly Plot[] | null;
  readonly provenance: string;
  readonly failure: string | null;
  /** Whose result, where there are two. */
  readonly choice: ReactNode;
}

export function useShown({ id }: Experiment, runner: SweepRunner, wanted: boolean): Shown {
  const recorded = useRecorded(id, wanted);
  const [own, setOwn] = useState(false);
  const results = useStore(runner.store, (facts) =>
    facts.id === id && facts.state !== "running" && facts.results !== null && facts.results.runs.length > 0
      ? facts.results
      : null,
  );
  const ownPlots = useMemo(() => (results === null ? null : plotsOf(results)), [results]);
  const choice = results === null ? null : <Choice own={own} onOwn={setOwn} />;
  if (results !== null && ownPlots !== null && (own || recorded?.ok === false))
    return { plots: ownPlots, provenance: provenanceOfOwn(results), failure: null, choice };
  return { ...shownOf(recorded), choice };
}

/** Null until it has come. */
function useRecorded(id: string, wanted: boolean): Result<RecordedExperiment> | null {
  const [recorded, setRecorded] = useState<Result<RecordedExperiment> | null>(null);
  useEffect(() => {
    let here = true;
    if (wanted) void loadRecordedExperiment(id).then((read) => here && setRecorded(read));
    return () => {
      here = false;
    };
  }, [id, wanted]);
  return recorded;
}

function shownOf(recorded: Result<RecordedExperiment> | null): Omit<Shown, "choice"> {
  if (recorded === null) return { plots: null, provenance: "", failure: null };
  if (!recorded.ok)
    return { plots: null, provenance: "", failure: Object.values(describeFailure(recorded.failure)).join(" ") };
  return { plots: recorded.value.plots, provenance: provenanceOf(recorded.value), failure: null };
}

function Choice({ own, onOwn }: { readonly own: boolean; readonly onOwn: (own: boolean) => void }) {
  return (
    <fieldset className={css["row"]}>
      <legend className="hidden-visually">Whose result</legend>
      <Button size="compact-sm" variant={own ? "default" : "filled"} aria-pressed={!own} onClick={() => onOwn(false)}>
        The recorded result
      </Button>
      <Button size="compact-sm" variant={own ? "filled" : "default"} aria-pressed={own} onClick={() => onOwn(true)}>
        This tab's own
      </Button>
    </fieldset>
  );
}

const provenanceOf = ({ machine, startedAt, runs, caveats }: RecordedExperiment): string =>
  [`Recorded on ${day(startedAt)}, not in this tab: ${runs} runs on ${machine}`, ...caveats].join("; ");

const provenanceOfOwn = (results: Results): string =>
  [
    `Of this tab or an opened file: ${results.runs.length} runs, begun ${day(results.head.startedAt)}`,
    ...caveatsOf(results),
  ].join("; ");
