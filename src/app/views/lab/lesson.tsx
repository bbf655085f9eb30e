/**
 * An experiment as a lesson: the class commits to its predictions before it sees anything, then
 * looks at a result (recorded, or this tab's own), at the thing to notice, and at why. Needs no
 * model and no edge server; answers stay in this tab.
 */
import { Button } from "@mantine/core";
import { useEffect, useMemo, useRef, type RefObject } from "react";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { markedPlots, type Lesson } from "#lab/experiment/lesson.ts";
import type { Plot } from "#lab/plot/plot.ts";
import { useFacts, useLab } from "../../lab.ts";
import type { Prediction } from "../../stores/page.ts";
import type { SweepRunner } from "./sweep-runner.ts";
import { Words } from "../term/words.tsx";
import css from "./lesson.module.css";
import labCss from "./lab.module.css";
import { PlotView } from "./plot-view.tsx";
import { QuestionView } from "./question.tsx";
import { useShown, type Shown } from "./shown-result.tsx";
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
  const prediction = kept ?? unanswered(experiment, lesson);
  const shown = useShown(experiment, runner, prediction.committed);
  const plots = useMemo(() => (shown.plots === null ? null : markedPlots(lesson, shown.plots)), [lesson, shown.plots]);
  const outcome = useRef<HTMLHeadingElement>(null);
  const keep = (next: Prediction): void =>
    stores.page.setState(({ predictions }) => ({ predictions: { ...predictions, [id]: next } }));
  const committed = prediction.committed && plots !== null;

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
        <h1 id="lesson-title">
          <Words>{experiment.title}</Words>
        </h1>
        <p className={labCss["question"]}>
          <Words>{experiment.question}</Words>
        </p>
      </header>
      <Predict
        experiment={experiment}
        lesson={lesson}
        prediction={prediction}
        plots={committed ? plots : null}
        onKeep={keep}
      />
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
          <Happened id={id} shown={shown} plots={plots} heading={outcome} onRun={onRun} />
          <Why experiment={experiment} lesson={lesson} onNext={onNext} />
        </>
      )}
    </article>
  );
}

interface PredictProps {
  readonly experiment: Experiment;
  readonly lesson: Lesson;
  readonly prediction: Prediction;
  /** What the answers are held against; null before they are committed. */
  readonly plots: readonly Plot[] | null;
  readonly onKeep: (next: Prediction) => void;
}

function Predict({ experiment, lesson, prediction, plots, onKeep }: PredictProps) {
  const { stores } = useLab();
  const inClass = useFacts("page", (facts) => facts.inClass !== null) && prediction.lesson > 0;
  const answered = prediction.answers.every((answer) => answer !== null);

  function commit(): void {
    onKeep({ ...prediction, committed: true });
    stores.page.setState({ announcement: "Your predictions are kept. What happened is below." });
  }
  const answer = (at: number, given: Prediction["answers"][number]): void =>
    onKeep({ ...prediction, answers: prediction.answers.map((each, index) => (index === at ? given : each)) });

  return (
    <section aria-labelledby="lesson-predict">
      <h2 id="lesson-predict">1. Predict</h2>
      <p>
        <Words>{experiment.predict}</Words>
      </p>
      {lesson.questions.map((question, index) => (
        <QuestionView
          key={question.ask}
          question={question}
          number={index + 1}
          answer={prediction.answers[index] ?? null}
          plots={plots}
          onAnswer={prediction.committed ? null : (given) => answer(index, given)}
        />
      ))}
      <div className={labCss["row"]}>
        {prediction.committed ? (
          <Button variant="default" onClick={() => onKeep(unanswered(experiment, lesson))} data-testid="lesson-again">
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
          ? inClass
            ? "Answers go to the class, as figures; the bar above says which."
            : "Answers stay in this tab and are gone with it."
          : "Answer every question to see the result."}
      </p>
    </section>
  );
}

interface HappenedProps {
  readonly id: string;
  readonly shown: Shown;
  readonly plots: readonly Plot[];
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly onRun: () => void;
}

function Happened({ id, shown, plots, heading, onRun }: HappenedProps) {
  return (
    <section aria-labelledby="lesson-happened">
      <h2 id="lesson-happened" ref={heading} tabIndex={-1}>
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
  );
}

function Why({ experiment, lesson, onNext }: Pick<Props, "experiment" | "lesson" | "onNext">) {
  return (
    <section aria-labelledby="lesson-why">
      <h2 id="lesson-why">3. Why</h2>
      {lesson.why.map((paragraph) => (
        <p key={paragraph}>
          <Words>{paragraph}</Words>
        </p>
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
  );
}

const unanswered = ({ number }: Experiment, { questions }: Lesson): Prediction => ({
  lesson: number,
  answers: questions.map(() => null),
  committed: false,
});
