/**
 * An experiment as a lesson: the class commits to its predictions before it sees anything, then
 * looks at a result (recorded, or this tab's own), at the thing to notice, and at why. Needs no
 * model and no edge server; answers stay in this tab.
 */
import { Button } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { describeFailure } from "#core/run/failure-text.ts";
import type { Result } from "#core/run/failure.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { markedPlots, type Lesson } from "#lab/experiment/lesson.ts";
import type { Plot } from "#lab/plot/plot.ts";
import { plotsOf } from "#lab/plot/plots.ts";
import type { RecordedExperiment } from "#lab/results/recorded.ts";
import { caveatsOf } from "#lab/analysis/summaries.ts";
import { loadRecordedExperiment } from "../../device/recorded-experiments.ts";
import { day } from "../../format/units.ts";
import { useFacts, useLab } from "../../lab.ts";
import type { Prediction } from "../../stores/page.ts";
import type { SweepRunner } from "./sweep-runner.ts";
import css from "./lesson.module.css";
import labCss from "./lab.module.css";
import { PlotView } from "./plot-view.tsx";
import { QuestionView } from "./question.tsx";
import { SourceText } from "./source-text.tsx";

interface Props {
  readonly experiment: Experiment;
  readonly lesson: Lesson;
  readonly runner: SweepRunner;
  /** To the next lesson; null behind the last. */
  readonly onNext: (() => void) | null;
  /** To the experiment itself, to run it here. */
  readonly onRun: () => void;
}

export function LessonView({ experiment, lesson, runner, onNext, onRun }: Props) {
  const { stores } = useLab();
  const { id } = experiment;
  const kept = useFacts("page", (facts) => facts.predictions[id]);
  const prediction = kept ?? { answers: lesson.questions.map(() => null), committed: false };
  const shown = useShown(experiment, runner, prediction.committed);
  const plots = useMemo(() => (shown.plots === null ? null : markedPlots(lesson, shown.plots)), [lesson, shown.plots]);
  const outcome = useRef<HTMLHeadingElement>(null);
  const keep = (next: Prediction): void =>
    stores.page.setState(({ predictions }) => ({ predictions: { ...predictions, [id]: next } }));
  const answered = prediction.answers.every((answer) => answer !== null);
  const committed = prediction.committed && plots !== null;

  function commit(): void {
    keep({ ...prediction, committed: true });
    stores.page.setState({ announcement: "Your predictions are kept. What happened is below." });
  }

  const { committed: wasCommitted } = prediction;
  const before = useRef(wasCommitted);
  useEffect(() => {
    if (committed && !before.current) outcome.current?.focus();
    before.current = committed;
  }, [committed]);

  return (
    <article className={`${labCss["chapter"]} ${css["lesson"]}`} aria-labelledby="lesson-title" data-testid="lesson">
      <header>
        <p className={labCss["number"]}>Lesson {experiment.number}</p>
        <h1 id="lesson-title">{experiment.title}</h1>
        <p className={labCss["question"]}>{experiment.question}</p>
      </header>
      <section aria-labelledby="lesson-predict">
        <h2 id="lesson-predict">1. Predict</h2>
        <p>{experiment.predict}</p>
        {lesson.questions.map((question, index) => (
          <QuestionView
            key={question.ask}
            question={question}
            number={index + 1}
            answer={prediction.answers[index] ?? null}
            plots={committed ? plots : null}
            onAnswer={
              prediction.committed
                ? null
                : (answer) =>
                    keep({
                      ...prediction,
                      answers: prediction.answers.map((each, at) => (at === index ? answer : each)),
                    })
            }
          />
        ))}
        <div className={labCss["row"]}>
          {prediction.committed ? (
            <Button
              variant="default"
              onClick={() => keep({ answers: lesson.questions.map(() => null), committed: false })}
              data-testid="lesson-again"
            >
              Predict again
            </Button>
          ) : (
            <Button disabled={!answered} onClick={commit} data-testid="lesson-commit">
              That is my prediction: show what happened
            </Button>
          )}
        </div>
        <p className={labCss["note"]} data-screen-only>
          {answered || prediction.committed
            ? "Answers stay in this tab and are gone with it."
            : "Answer every question to see the result."}
        </p>
      </section>
      {shown.failure !== null && (
        <p role="alert" className={labCss["failure"]}>
          {shown.failure}{" "}
          <Button size="compact-sm" variant="default" onClick={onRun}>
            Run the experiment here instead
          </Button>
        </p>
      )}
      {committed && (
        <>
          <section aria-labelledby="lesson-happened">
            <h2 id="lesson-happened" ref={outcome} tabIndex={-1}>
              2. What happened
            </h2>
            {shown.choice}
            <p className={labCss["caveats"]} data-testid="lesson-provenance">
              {shown.provenance}
            </p>
            {plots.map((plot, index) => (
              <PlotView key={plot.title} plot={plot} name={`${id}-${index + 1}`} testId={`plot-${index}`} />
            ))}
            <div className={labCss["row"]}>
              <Button variant="default" onClick={onRun} data-testid="lesson-run">
                Run the experiment in this tab
              </Button>
            </div>
          </section>
          <section aria-labelledby="lesson-why">
            <h2 id="lesson-why">3. Why</h2>
            {lesson.why.map((paragraph) => (
              <p key={paragraph}>{paragraph}</p>
            ))}
            <h3>Source</h3>
            {experiment.source.map((source) => (
              <SourceText key={source.text} source={source} />
            ))}
            {onNext !== null && (
              <div className={labCss["row"]}>
                <Button onClick={onNext} data-testid="lesson-next">
                  Next lesson
                </Button>
              </div>
            )}
          </section>
        </>
      )}
    </article>
  );
}

interface Shown {
  readonly plots: readonly Plot[] | null;
  readonly provenance: string;
  readonly failure: string | null;
  readonly choice: React.ReactNode;
}

/** The recorded result, or this tab's own where there is one and it is chosen. */
function useShown({ id }: Experiment, runner: SweepRunner, wanted: boolean): Shown {
  const [recorded, setRecorded] = useState<Result<RecordedExperiment> | null>(null);
  const [own, setOwn] = useState(false);
  const results = useStore(runner.store, (facts) =>
    facts.id === id && facts.state !== "running" && facts.results !== null && facts.results.runs.length > 0
      ? facts.results
      : null,
  );
  useEffect(() => {
    let here = true;
    if (wanted) void loadRecordedExperiment(id).then((read) => here && setRecorded(read));
    return () => {
      here = false;
    };
  }, [id, wanted]);
  const ownPlots = useMemo(() => (results === null ? null : plotsOf(results)), [results]);
  const choice =
    results === null ? null : (
      <fieldset className={labCss["row"]}>
        <legend className="hidden-visually">Whose result</legend>
        <Button
          size="compact-sm"
          variant={own ? "default" : "filled"}
          aria-pressed={!own}
          onClick={() => setOwn(false)}
        >
          The recorded result
        </Button>
        <Button size="compact-sm" variant={own ? "filled" : "default"} aria-pressed={own} onClick={() => setOwn(true)}>
          This tab's own
        </Button>
      </fieldset>
    );
  if (results !== null && ownPlots !== null && (own || recorded?.ok === false)) {
    return {
      plots: ownPlots,
      provenance: [
        `Of this tab or an opened file: ${results.runs.length} runs, begun ${day(results.head.startedAt)}`,
        ...caveatsOf(results),
      ].join("; "),
      failure: null,
      choice,
    };
  }
  if (recorded === null) return { plots: null, provenance: "", failure: null, choice };
  if (!recorded.ok)
    return { plots: null, provenance: "", failure: Object.values(describeFailure(recorded.failure)).join(" "), choice };
  return { plots: recorded.value.plots, provenance: provenanceOf(recorded.value), failure: null, choice };
}

const provenanceOf = ({ machine, startedAt, runs, caveats }: RecordedExperiment): string =>
  [`Recorded on ${day(startedAt)}, not in this tab: ${runs} runs on ${machine}`, ...caveats].join("; ");
