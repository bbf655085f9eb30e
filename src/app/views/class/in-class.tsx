/**
 * Above every view of a student's tab while it is in a class: what goes to the lecturer, before it goes. Predictions
 * go when they are committed, a run when its button is pressed; nothing else does.
 */
import { Button } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { joined, RUNS_MOST, taken, type ClassAsk } from "#core/run/class-messages.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Failure } from "#core/run/failure.ts";
import { figuresOf, runText } from "../../derive/class-figures.ts";
import { askClass } from "../../device/class.ts";
import { recall, remember } from "../../device/tab-memory.ts";
import { useFacts, useLab } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { useFocus } from "../model.ts";
import { Words } from "../term/words.tsx";
import { cautionsOf } from "../verdict/cautions.tsx";
import css from "./class.module.css";

interface Mine {
  readonly code: string;
  readonly tab: string;
}
type Give = Extract<ClassAsk, { readonly ask: "predict" | "share" }>;
/** What is given, without by whom; and in words. */
type Giving = (
  what: Omit<Extract<Give, { ask: "predict" }>, "code" | "tab"> | Omit<Extract<Give, { ask: "share" }>, "code" | "tab">,
  words: string,
) => void;

export function InClass({ code }: { readonly code: string }) {
  const { stores, access } = useLab();
  const [mine] = useState(() => mineIn(code));
  const [failure, setFailure] = useState<Failure | null>(null);
  const [sent, setSent] = useState<string | null>(null);
  /** What is to be tried again. */
  const again = useRef<() => void>(() => undefined);
  const token = access.of(undefined);

  const enter = useCallback((): void => {
    const fresh = recall(keyOf(mine.code)) === null;
    remember(keyOf(mine.code), mine.tab);
    void askClass({ ask: "join", ...mine }, joined, token).then((answer) => {
      setFailure(answer.ok ? null : answer.failure);
      const { experiment, view } = stores.page.getState();
      if (answer.ok && answer.value.lesson !== null && fresh && experiment === null && view === null)
        stores.page.setState({ experiment: String(answer.value.lesson), lesson: true });
    });
  }, [mine, stores, token]);
  useEffect(() => {
    again.current = enter;
    enter();
  }, [enter]);

  const give: Giving = useCallback(
    (what, words) => {
      const { code: at, tab } = mine;
      const send = (): void => {
        again.current = send;
        void askClass({ ...what, code: at, tab }, taken, token).then((answer) => {
          setFailure(answer.ok ? null : answer.failure);
          if (answer.ok) setSent(words);
        });
      };
      send();
    },
    [mine, token],
  );
  useSending(give);

  return (
    <section className={css["in"]} aria-label="Your class" data-testid="in-class">
      <strong>Class {code}</strong>
      {failure === null ? <Goes give={give} sent={sent} /> : <Refused failure={failure} />}
      {failure !== null && (
        <Button size="compact-sm" onClick={() => again.current()} data-testid="class-again">
          Try again
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => stores.page.setState({ inClass: null })}
        data-testid="class-leave"
      >
        Leave the class
      </Button>
    </section>
  );
}

/** A prediction goes at the moment that it is committed: what was committed before the class stays here. */
function useSending(give: Giving): void {
  const { stores } = useLab();
  useEffect(
    () =>
      stores.page.subscribe(({ predictions: now }, { predictions: before }) => {
        for (const [id, { lesson, answers, committed }] of Object.entries(now)) {
          const given = answers.filter((answer) => answer !== null);
          if (committed && before[id]?.committed !== true && lesson > 0)
            give({ ask: "predict", lesson, answers: given }, `your answers to lesson ${lesson}`);
        }
      }),
    [give, stores],
  );
}

interface GoesProps {
  readonly give: Giving;
  readonly sent: string | null;
}

/** What would go next, or went last. */
function Goes({ give, sent }: GoesProps) {
  const lane = useFocus();
  const screen = useFacts("page", ({ experiment, view }) => experiment === null && view === null);
  const answers = useFacts("page", ({ predictions, experiment }) => {
    const open = Object.entries(predictions).find(
      ([id, { lesson }]) => id === experiment || String(lesson) === (experiment || "1"),
    )?.[1];
    return open === undefined || open.committed || open.lesson === 0 || screen
      ? null
      : `lesson ${open.lesson}, answers ${open.answers.map((answer) => answer ?? "\u2013").join(" and ")}`;
  });
  return (
    <>
      <output data-testid="class-goes">
        {sent !== null && `Sent: ${sent}. `}
        {answers !== null
          ? `When you commit, this goes to the lecturer and nothing else: ${answers} (choices count from 0).`
          : sent === null &&
            "Answers to a lesson and runs that you choose go to the lecturer: figures only, no name, no text."}
      </output>
      {screen && lane !== null && <Run lane={lane} give={give} />}
    </>
  );
}

function Run({ lane, give }: { readonly lane: Lane; readonly give: Giving }) {
  const [places, setPlaces] = useState<readonly string[]>([]);
  const run = figuresOf(lane, cautionsOf(lane).length > 0);
  if (run === null) return null;
  const words = runText(run);
  const known = places.indexOf(lane.key);
  const place = (known < 0 ? places.length : known) % RUNS_MOST;
  return (
    <>
      <span data-testid="class-run">
        <Words>{`This run: ${words}.`}</Words>
      </span>
      <Button
        size="compact-sm"
        onClick={() => {
          if (known < 0) setPlaces([...places, lane.key]);
          give({ ask: "share", place, run }, "the figures of a run");
        }}
        data-testid="class-share"
      >
        {known < 0 ? "Send these figures" : "Send them again"}
      </Button>
    </>
  );
}

function Refused({ failure }: { readonly failure: Failure }) {
  const { title, detail, next } = describeFailure(failure);
  return (
    <span role="alert" data-code={failure.code} data-testid="class-failure">
      {title} {detail} {next}
    </span>
  );
}

const keyOf = (code: string): string => `cutlayer.class ${code}`;

/** The number by which this tab is one and the same at a class, after a reload too. */
function mineIn(code: string): Mine {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const drawn = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { code, tab: recall(keyOf(code)) ?? drawn };
}
