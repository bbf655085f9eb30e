/**
 * What is said: the turns so far, the request being typed, and the buttons that run it. Stop stands
 * in the head, above all that is written, so that it stays under the pointer. Once a conversation has
 * begun its parts keep their heights: nothing moves while an answer comes.
 */
import { Button } from "@mantine/core";
import { Suspense, useRef } from "react";
import { useFacts, useLab } from "../../lab.ts";
import { interruptedLane } from "../../stores/runs.ts";
import { isRacing } from "../../stores/race.ts";
import { later, NotLoaded, Nothing } from "../later.tsx";
import { useExpert } from "../level.ts";
import { AnswerCall } from "./answer-call.tsx";
import { BreakIt } from "./break-it.tsx";
import { Composer } from "./composer.tsx";
import { DemoPrompts } from "./demo-prompts.tsx";
import { useKeptFocus } from "./use-kept-focus.ts";
import css from "./ask.module.css";

// Rendered at once: they come right behind the first paint.
const ScenarioRow = later(() => import("../scenarios/scenario-row.tsx"), Nothing);
const Turns = later(() => import("./turns.tsx"), NotLoaded);

export function Ask() {
  const { actions } = useLab();
  const starting = useFacts("page", (facts) => facts.starting);
  const started = useFacts("conversation", (facts) => facts.turns.length > 0) || starting;
  const waiting = useFacts("conversation", ({ answer, editing }) => answer !== null && editing === null);
  const running = useFacts("runs", (facts) => facts.liveKey !== null);
  const racing = useFacts("race", isRacing);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const scenario = useFacts("page", (facts) => facts.scenario !== null);
  const expert = useExpert();
  // While the edge is away, what ends the waiting stands with the words that say so.
  const away = useFacts("runs", (facts) => {
    const lane = interruptedLane(facts);
    return lane !== null && lane.key === facts.focus;
  });
  const busy = running || racing;
  const section = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(section, `${busy} ${waiting} ${started}`);
  return (
    <section
      ref={section}
      className={css["ask"]}
      aria-labelledby="ask-title"
      data-started={started}
      data-short={!expert}
      data-screen-only={started ? undefined : true}
      {...keptFocus}
    >
      <div className={css["head"]}>
        <h2 id="ask-title">{started ? "Conversation" : "Ask for something to book"}</h2>
        {busy && !away && (
          <Button
            size="compact-md"
            variant="outline"
            onClick={() => void actions.stop()}
            data-testid="stop"
            data-focus-next
          >
            Stop
          </Button>
        )}
      </div>
      <Suspense fallback={starting && <div className={css["turns"]} />}>
        <Turns />
      </Suspense>
      {waiting ? <AnswerCall busy={busy} /> : <Composer busy={busy} />}
      {!started && !waiting && <DemoPrompts />}
      <div className={css["scenarios"]} data-on={scenario} data-gone={(started && !expert && !scenario) || undefined}>
        <Suspense fallback={null}>
          <ScenarioRow disabled={busy} />
        </Suspense>
      </div>
      {expert && <BreakIt disabled={!ready || busy} />}
    </section>
  );
}
