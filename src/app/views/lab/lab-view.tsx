/** The experiments: the chapters at the side, one of them open, as itself or as a lesson. */
import { Button, FileButton, Switch } from "@mantine/core";
import type { ReactNode } from "react";
import { useStore } from "zustand";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { isNear, nearestFirst } from "#core/run/config/nearest.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { EXPERIMENTS, experimentNamed } from "#lab/experiment/registry.ts";
import { useFacts, useLab } from "../../lab.ts";
import { useExpert } from "../level.ts";
import { Chapter } from "./chapter.tsx";
import { LessonView } from "./lesson.tsx";
import { SCREEN } from "../../control/routing.ts";
import { ViewLink } from "../view-link.tsx";
import { openFile } from "./open-file.ts";
import { sweepRunnerOf } from "./sweep-runner-of.ts";
import css from "./lab.module.css";

export default function LabView() {
  const lab = useLab();
  const runner = sweepRunnerOf(lab);
  const chosen = useFacts("page", (facts) => facts.experiment);
  const failure = useStore(runner.store, (facts) => facts.failure);
  const opened = useStore(runner.store, (facts) => facts.results);
  const asLesson = useFacts("page", (facts) => facts.lesson);
  const whole = useExpert() || !asLesson;
  const largeText = useFacts("page", (facts) => facts.largeText);
  // A file of somebody's own experiment is no chapter: it is shown from its own declaration.
  const foreign =
    opened !== null && opened.head.experiment.id === chosen && experimentNamed(chosen) === null
      ? opened.head.experiment
      : null;
  const unknown = chosen !== null && chosen !== "" && foreign === null && experimentNamed(chosen) === null;
  const experiment = foreign ?? experimentNamed(chosen ?? "") ?? EXPERIMENTS[0];
  if (experiment === undefined) return null;

  function choose(next: Experiment, lesson: boolean): void {
    lab.stores.page.setState({ experiment: next.id, lesson });
    window.scrollTo(0, 0);
  }

  const lessons = EXPERIMENTS.filter((each) => each.lesson !== undefined);
  const next = lessons.find(({ number }) => number > experiment.number) ?? null;

  return (
    <div className={css["lab"]} data-testid="lab" data-large-text={largeText}>
      <Chapters current={unknown ? null : experiment.id} asLesson={asLesson} onChoose={choose} files={whole}>
        {whole && (
          <Switch
            label="As lessons"
            checked={asLesson}
            onChange={(event) => choose(experiment, event.currentTarget.checked)}
            data-testid="as-lessons"
          />
        )}
        <Switch
          label="Larger text"
          checked={largeText}
          onChange={(event) => lab.stores.page.setState({ largeText: event.currentTarget.checked })}
          data-testid="large-text"
        />
      </Chapters>
      <div className={css["open"]}>
        {failure !== null && (
          <p role="alert" className={css["failure"]}>
            {Object.values(describeFailure(failure)).join(" ")}
          </p>
        )}
        {unknown ? (
          <UnknownChapter id={chosen} />
        ) : asLesson && experiment.lesson !== undefined ? (
          <LessonView
            key={experiment.id}
            experiment={experiment}
            lesson={experiment.lesson}
            runner={runner}
            onNext={next === null ? null : () => choose(next, true)}
            onRun={() => choose(experiment, false)}
          />
        ) : (
          <Chapter
            key={experiment.id}
            experiment={experiment}
            runner={runner}
            onLesson={experiment.lesson === undefined ? null : () => choose(experiment, true)}
          />
        )}
      </div>
    </div>
  );
}

interface ChaptersProps {
  /** The one that is open; null where the address names none that there is. */
  readonly current: string | null;
  readonly asLesson: boolean;
  readonly onChoose: (next: Experiment, lesson: boolean) => void;
  /** Earlier runs, and files: not for a newcomer in a lesson. */
  readonly files: boolean;
  readonly children: ReactNode;
}

function Chapters({ current, asLesson, onChoose, files, children }: ChaptersProps) {
  const name = asLesson ? "Lessons" : "Experiments";
  return (
    <nav className={css["chapters"]} aria-label={name}>
      <h2>{name}</h2>
      <ol>
        {EXPERIMENTS.map((each) => (
          <li key={each.id} value={each.number}>
            <button
              type="button"
              className={css["chapter-name"]}
              aria-current={each.id === current ? "page" : undefined}
              onClick={() => onChoose(each, asLesson && each.lesson !== undefined)}
            >
              {each.title}
            </button>
          </li>
        ))}
      </ol>
      {children}
      {files && <Files />}
    </nav>
  );
}

function Files() {
  const lab = useLab();
  return (
    <>
      <ViewLink to={{ ...SCREEN, view: "history" }} current={false} testId="lab-history">
        Earlier runs, to compare
      </ViewLink>
      <FileButton
        accept=".jsonl,.json,application/x-ndjson,application/json"
        onChange={(file) => file !== null && void openFile(lab, file)}
      >
        {(props) => (
          <Button {...props} variant="default" size="compact-sm">
            Open a file
          </Button>
        )}
      </FileButton>
      <p className={css["note"]}>
        Or drop one anywhere: results or records that npm run bench or this page has written.
      </p>
    </>
  );
}

/** An address may name what there is not, or not any more: no other chapter stands in for it. */
function UnknownChapter({ id }: { readonly id: string }) {
  const known = nearestFirst(
    id,
    EXPERIMENTS.map((each) => each.id),
  );
  const nearest = known.find((each) => isNear(id, each));
  return (
    <p role="alert" className={css["failure"]} data-testid="unknown-experiment">
      There is no experiment named {id}. {nearest === undefined ? "" : `Did you mean ${nearest}? `}Choose one at the
      side.
    </p>
  );
}
