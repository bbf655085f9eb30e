/**
 * `#view=projector`: the runs of this tab for the last row of a room. The strip, what came of the run in
 * one sentence, the answer, where its time went, and the page's address to scan. Keys run it.
 */
import { Button } from "@mantine/core";
import { useEffect } from "react";
import { badgeOf } from "../../derive/figures.ts";
import { CHECKED_WORDS, SPENT_WORDS } from "../../derive/words/answer-text.ts";
import { useFacts, useLab } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { Written } from "../ask/written.tsx";
import { usePlainSaid } from "../beginner/plain-said.ts";
import { SceneBars } from "../demo/scene-bars.tsx";
import { Loading } from "../loading.tsx";
import { useFocus } from "../model.ts";
import { Strip } from "../strip/strip.tsx";
import { AgreementBadge } from "../verdict/badge.tsx";
import { Cautions } from "../verdict/cautions.tsx";
import { labelOf, useInterrupted } from "../verdict/said.ts";
import { barsOf } from "./bars.ts";
import { Scan } from "./scan.tsx";
import { actOf, leave, moveCut, nextRequest, runAgain } from "./steps.ts";
import css from "./projector.module.css";

export default function Projector() {
  const lane = useFocus();
  useKeys();
  return (
    <div className={css["projector"]} data-testid="projector-view">
      <div className={css["strip"]}>
        <Strip foot={NoFoot} />
      </div>
      <div className={css["said"]}>
        <Said lane={lane} />
        <Answer lane={lane} />
        {lane !== null && <Time lane={lane} />}
      </div>
      <div className={css["beside"]}>
        <Scan />
        <Keys />
      </div>
      <Loading />
    </div>
  );
}

const NoFoot = () => null;

function Said({ lane }: { readonly lane: Lane | null }) {
  const said = usePlainSaid(lane, true);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const waiting = useInterrupted();
  const over = lane?.record !== null && lane !== null && lane.tokens.length > 0;
  return (
    <section aria-label="Verdict">
      <h1 data-wrong={said.wrong} data-testid="projector-verdict">
        {said.text}
      </h1>
      <p className={css["under"]}>
        <span className={css["label"]}>{labelOf(waiting ?? lane, ready)}</span>
        {over && (
          <AgreementBadge
            agreement={lane.agreement}
            mode={lane.config.mode}
            testId="projector-agreement"
            words={CHECKED_WORDS[badgeOf(lane.agreement, lane.config.mode).state]}
          />
        )}
        <Cautions lane={lane} />
      </p>
    </section>
  );
}

function Answer({ lane }: { readonly lane: Lane | null }) {
  const draft = useFacts("conversation", (facts) => facts.draft);
  const asked = lane?.config.prompt ?? draft;
  const text = lane?.tokens.map((token) => token.text).join("") ?? "";
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section className={css["answer"]} aria-label="Request and answer" tabIndex={0}>
      {asked !== "" && <q>{asked}</q>}
      <div data-testid="projector-answer">{text !== "" && <Written text={text} />}</div>
    </section>
  );
}

/** The longest of a live answer is not known: its bars share the width as they stand. */
function Time({ lane }: { readonly lane: Lane }) {
  const bars = barsOf(lane);
  if (bars.length === 0) return null;
  return (
    <section aria-label="Where the time went" className={css["time"]}>
      <h2>Where the time went</h2>
      <SceneBars bars={bars} most={Math.max(...bars.map(({ ms }) => ms))} names={LONGEST_NAME} />
    </section>
  );
}

/** In letters' sizes. */
const LONGEST_NAME = Math.max(...Object.values(SPENT_WORDS).map(({ name }) => name.length)) * 0.55 + 0.8;

function Keys() {
  const lab = useLab();
  const live = useFacts("runs", (facts) => facts.liveKey !== null);
  return (
    <div className={css["keys"]} data-screen-only>
      <Button
        variant="default"
        disabled={live}
        aria-label="Again space: the same request"
        onClick={() => void runAgain(lab)}
        data-testid="projector-run"
      >
        Again <kbd>space</kbd>
      </Button>
      <Button
        variant="default"
        disabled={live}
        aria-label="Next n: another request"
        onClick={() => void nextRequest(lab)}
        data-testid="projector-next"
      >
        Next <kbd>n</kbd>
      </Button>
      <Button
        variant="default"
        aria-label="Cut c: one block further"
        onClick={() => moveCut(lab, 1)}
        data-testid="projector-cut"
      >
        Cut <kbd>c</kbd>
      </Button>
      <Button variant="subtle" onClick={() => leave(lab)} data-testid="projector-leave">
        Leave <kbd>esc</kbd>
      </Button>
    </div>
  );
}

/** Keys do what the buttons do, except where what is in focus has a use for them. */
function useKeys(): void {
  const lab = useLab();
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const act = actOf(event);
      if (act === null) return;
      event.preventDefault();
      act(lab);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [lab]);
}
