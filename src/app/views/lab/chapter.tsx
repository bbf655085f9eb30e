/** One experiment: the question, what to predict, the run with its progress, the charts, what to notice, the source. */
import { Button, Progress } from "@mantine/core";
import { useState } from "react";
import { useStore } from "zustand";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { roughMs } from "#lab/sweep/schedule.ts";
import { cellsOf } from "#lab/sweep/cells.ts";
import { duration } from "../../format/units.ts";
import { useFacts } from "../../lab.ts";
import type { SweepRunner } from "./sweep-runner.ts";
import { Findings } from "./findings.tsx";
import { NumberField } from "../settings/number-field.tsx";
import { Words } from "../term/words.tsx";
import css from "./lab.module.css";
import { SourceText } from "./source-text.tsx";

interface Props {
  readonly experiment: Experiment;
  readonly runner: SweepRunner;
}

export function Chapter({ experiment, runner, onLesson }: Props & { readonly onLesson: (() => void) | null }) {
  const mine = useStore(runner.store, (facts) => facts.id === experiment.id);
  const results = useStore(runner.store, (facts) => (facts.id === experiment.id ? facts.results : null));
  const state = useStore(runner.store, (facts) => facts.state);
  const notice = useStore(runner.store, (facts) => facts.notice);
  // Drawing takes time from what is measured: charts come when nothing runs.
  const drawn = mine && state !== "running" && results !== null && results.runs.length > 0;
  return (
    <article className={css["chapter"]} aria-labelledby="chapter-title">
      <header>
        <p className={css["number"]}>
          {experiment.number === 0 ? "An experiment from a file" : `Experiment ${experiment.number}`}
        </p>
        <h1 id="chapter-title">
          <Words>{experiment.title}</Words>
        </h1>
        <p className={css["question"]}>
          <Words>{experiment.question}</Words>
        </p>
      </header>
      <section>
        <h2>First, predict</h2>
        <p>
          <Words>{experiment.predict}</Words>
        </p>
        {onLesson !== null && (
          <div className={css["row"]}>
            <Button variant="default" onClick={onLesson} data-testid="take-lesson">
              Take it as a lesson
            </Button>
          </div>
        )}
      </section>
      <Controls experiment={experiment} runner={runner} />
      {mine && notice !== null && (
        <p className={css["caveats"]}>
          <Words>{notice}</Words>
        </p>
      )}
      {drawn && <Findings results={results} />}
      {drawn && (
        <section>
          <h2>What to notice</h2>
          <ul>
            {experiment.notice.map((each) => (
              <li key={each}>
                <Words>{each}</Words>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Source</h2>
        {experiment.source.map((source) => (
          <SourceText key={source.text} source={source} results={drawn ? results : null} />
        ))}
      </section>
    </article>
  );
}

function Controls({ experiment, runner }: Props) {
  const [prompts, setPrompts] = useState(experiment.prompts.count);
  const [repeats, setRepeats] = useState(experiment.repeats);
  const facts = useStore(runner.store, (all) => all);
  const engine = useFacts("engine", (all) => all);
  const elsewhere = useFacts("runs", (all) => all.liveKey !== null);
  const mine = facts.id === experiment.id;
  const busy = facts.state === "running" || facts.state === "paused";
  if (busy && !mine) return <p className={css["note"]}>Another experiment is under way.</p>;
  if (busy) return <Progressing runner={runner} />;
  const sized = { ...experiment, prompts: { ...experiment.prompts, count: prompts }, repeats };
  const left = runner.left(sized);
  return (
    <section className={css["controls"]} aria-label="Run it">
      <div className={css["row"]}>
        <NumberField label="Prompts" widthPx={100} min={1} max={1000} value={prompts} onChoose={setPrompts} />
        <NumberField label="Repeats" widthPx={100} min={1} max={100} value={repeats} onChoose={setRepeats} />
      </div>
      <div className={css["row"]}>
        <Button
          disabled={engine.state !== "ready" || elsewhere}
          onClick={() => void runner.start(sized, true)}
          data-testid="experiment-start"
        >
          Run the experiment
        </Button>
        {left > 0 && (
          <Button
            variant="default"
            disabled={engine.state !== "ready" || elsewhere}
            onClick={() => void runner.start(sized, false)}
            data-testid="experiment-resume"
          >
            Go on after {left} runs
          </Button>
        )}
      </div>
      <p className={css["note"]}>
        {sizeText(sized, engine.models)} The same from a terminal: <code>{commandOf(sized)}</code>
      </p>
    </section>
  );
}

const commandOf = ({ id, prompts, repeats }: Experiment): string =>
  `npm run bench -- ${id} --prompts ${prompts.count} --repeat ${repeats}`;

function sizeText(experiment: Experiment, models: Parameters<typeof cellsOf>[1]): string {
  if (models.length === 0) return "";
  const { cells } = cellsOf(experiment, models);
  const prompts = experiment.prompts.count * (experiment.prompts.words?.length ?? 1);
  const runs = Array.from({ length: prompts * experiment.repeats }, () => cells.map((cell) => ({ cell }))).flat();
  return `${cells.length} configurations, ${prompts} prompts${experiment.sweep.promptSet === undefined ? "" : " of each set"}, ${runs.length} runs; roughly ${duration(roughMs(runs))}, modelled. Keep this tab in sight: a hidden tab is throttled, and its runs do not count.`;
}

function Progressing({ runner }: { readonly runner: SweepRunner }) {
  const { state, done, total, doing, leftMs } = useStore(runner.store, (all) => all);
  const paused = state === "paused";
  return (
    <section className={css["controls"]} aria-label="Under way" data-testid="experiment-progress">
      <Progress value={total === 0 ? 0 : (100 * done) / total} aria-label="Runs done" transitionDuration={0} />
      <p>
        {done} of {total} runs{leftMs === null ? "" : `, ${duration(leftMs)} left`}
        {paused ? ", paused: the charts so far are below" : ""}
      </p>
      <p className={css["note"]}>{doing}</p>
      <div className={css["row"]}>
        <Button
          variant="default"
          onClick={() => (paused ? runner.goOn() : runner.pause())}
          data-testid="experiment-pause"
        >
          {paused ? "Go on" : "Pause"}
        </Button>
        <Button variant="default" onClick={() => void runner.cancel()} data-testid="experiment-cancel">
          Cancel
        </Button>
      </div>
    </section>
  );
}
