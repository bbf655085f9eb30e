/** The experiments: the chapters at the side, one of them open, and a place to drop a result file on. */
import { Button, FileButton, Switch } from "@mantine/core";
import { useState, type DragEvent } from "react";
import { useStore } from "zustand";
import { toAddress } from "#core/run/address.ts";
import { describeFailure } from "#core/run/failure-text.ts";
import { parseConfig } from "#core/run/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import type { Experiment } from "#lab/experiment.ts";
import { EXPERIMENTS, experimentNamed } from "#lab/registry.ts";
import { useFacts, useLab, type Lab } from "../../lab.ts";
import { createConductor, type Conductor } from "./conductor.ts";
import { Chapter } from "./chapter.tsx";
import { LessonView } from "./lesson.tsx";
import { createKeptLines } from "./kept-lines.ts";
import css from "./lab.module.css";

const conductors = new WeakMap<Lab, Conductor>();

/** The page's one conductor: made when the view is first opened. */
function conductorOf(lab: Lab): Conductor {
  const known = conductors.get(lab);
  if (known !== undefined) return known;
  const made = createConductor({
    run: (config, options) => lab.session.runConfig({ config, options }),
    stop: () => lab.session.stop(),
    models: () => lab.stores.engine.getState().models,
    kept: createKeptLines(pageStorage()),
    address: (experiment) => addressOf(experiment),
  });
  conductors.set(lab, made);
  return made;
}

/** Null where the browser is set to keep nothing. */
function pageStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

const addressOf = ({ id }: Experiment, lesson = false): string => toAddress(unwrap(parseConfig({}, "prepare")), lesson ? { lesson: id } : { experiment: id });

export default function LabView() {
  const lab = useLab();
  const conductor = conductorOf(lab);
  const chosen = useFacts("page", (facts) => facts.experiment);
  const failure = useStore(conductor.store, (facts) => facts.failure);
  const opened = useStore(conductor.store, (facts) => facts.results);
  const asLesson = useFacts("page", (facts) => facts.lesson);
  const projector = useFacts("page", (facts) => facts.projector);
  const [over, setOver] = useState(false);
  // A file of somebody's own experiment is no chapter: it is shown from its own declaration.
  const foreign = opened !== null && opened.head.experiment.id === chosen && experimentNamed(chosen) === null ? opened.head.experiment : null;
  const experiment = foreign ?? experimentNamed(chosen ?? "") ?? EXPERIMENTS[0];
  if (experiment === undefined) return null;

  async function open(file: File | null): Promise<void> {
    if (file === null) return;
    conductor.open(await file.text());
    const { results } = conductor.store.getState();
    if (results !== null) lab.stores.page.setState({ experiment: results.head.experiment.id });
  }

  function drop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    void open(event.dataTransfer.files[0] ?? null);
  }

  function choose(next: Experiment, lesson: boolean): void {
    lab.stores.page.setState({ experiment: next.id, lesson });
    window.history.replaceState(null, "", addressOf(next, lesson));
    window.scrollTo(0, 0);
  }

  const lessons = EXPERIMENTS.filter((each) => each.lesson !== undefined);
  const next = lessons.find(({ number }) => number > experiment.number) ?? null;

  return (
    <div
      className={css["lab"]}
      data-testid="lab"
      data-over={over}
      data-projector={projector}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <nav className={css["chapters"]} aria-label="Experiments">
        <h2>Experiments</h2>
        <ol>
          {EXPERIMENTS.map((each) => (
            <li key={each.id} value={each.number}>
              <button type="button" className={css["chapter-name"]} aria-current={each.id === experiment.id ? "page" : undefined} onClick={() => choose(each, asLesson && each.lesson !== undefined)}>
                {each.title}
              </button>
            </li>
          ))}
        </ol>
        <Switch label="As lessons" checked={asLesson} onChange={(event) => choose(experiment, event.currentTarget.checked)} data-testid="as-lessons" />
        <Switch label="For a projector" checked={projector} onChange={(event) => lab.stores.page.setState({ projector: event.currentTarget.checked })} data-testid="projector" />
        <FileButton accept=".jsonl,application/x-ndjson" onChange={(file) => void open(file)}>
          {(props) => (
            <Button {...props} variant="default" size="compact-sm">
              Open a result file
            </Button>
          )}
        </FileButton>
        <p className={css["note"]}>Or drop one anywhere here: what npm run bench or this page has written.</p>
      </nav>
      <div className={css["open"]}>
        {failure !== null && (
          <p role="alert" className={css["failure"]}>
            {Object.values(describeFailure(failure)).join(" ")}
          </p>
        )}
        {asLesson && experiment.lesson !== undefined ? (
          <LessonView
            key={experiment.id}
            experiment={experiment}
            lesson={experiment.lesson}
            conductor={conductor}
            onNext={next === null ? null : () => choose(next, true)}
            onRun={() => choose(experiment, false)}
          />
        ) : (
          <Chapter key={experiment.id} experiment={experiment} conductor={conductor} onLesson={experiment.lesson === undefined ? null : () => choose(experiment, true)} />
        )}
      </div>
    </div>
  );
}
