/**
 * `/#demo=1`: the show for a stand. It plays recorded real runs and says so; it needs no model and
 * no edge server. Arrow keys, space or a click step, P pauses, Escape leaves; left alone for a
 * minute it begins anew.
 */
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef, useState, type MouseEvent } from "react";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Result } from "#core/run/failure.ts";
import { loadDemo, type DemoRuns } from "../../device/demo-recording.ts";
import {
  passed,
  pausedOrNot,
  progressOf,
  SCENE_MS,
  SCENES,
  sceneOf,
  START,
  stepped,
  touched,
  type Scene,
  type Show,
} from "../../derive/show.ts";
import { day } from "../../format/units.ts";
import { useLab } from "../../lab.ts";
import { OutagePattern } from "../lanes/outage-pattern.tsx";
import css from "./demo.module.css";
import { CutScene } from "./cut-scene.tsx";
import { JourneyScene } from "./journey-scene.tsx";
import { LinkScene } from "./link-scene.tsx";
import { OutputScene } from "./output-scene.tsx";
import { RaceScene } from "./race-scene.tsx";
import { RunScene } from "./run-scene.tsx";

const TITLES: Readonly<Record<Scene, string>> = {
  journey: "The way of one token",
  cut: "Where to cut the model",
  race: "Who is fastest?",
  link: "Is that link real?",
  output: "Does the output change?",
  run: "Now you",
};

const SAID: Readonly<Record<Scene, string>> = {
  journey:
    "A language model in two halves: the first blocks in this browser tab, the rest on an edge server. Between them, one activation for every token.",
  cut: "Move the cut, and each block moves its time from one machine to the other. The bytes stay: every cut sends an activation of the same width.",
  race: "The same request, three ways. A split token waits for the round trip every time; the edge alone streams, the tab alone has no link at all.",
  link: "The round trip is measured; what was added to it, to stand for 5G, is known exactly. Both are told apart, and this is what went over the wire.",
  output:
    "Cut or uncut, the words are the same, token for token: every run is checked against the unsplit model. Break one number on the way, and the check turns red.",
  run: "This very run, on your own phone or laptop: scan it. What follows the # never leaves your browser.",
};

export default function Demo() {
  const { stores } = useLab();
  const [runs, setRuns] = useState<Result<DemoRuns> | null>(null);
  const [show, setShow] = useState<Show>(START);
  const still = useMediaQuery("(prefers-reduced-motion: reduce)", false, { getInitialValueInEffect: false }) ?? false;
  const stage = useRef<HTMLElement>(null);

  useEffect(() => void loadDemo().then(setRuns), []);
  useEffect(() => stage.current?.focus(), []);
  useClock(still, setShow);

  function leave(): void {
    stores.page.setState({ demo: false });
  }

  useKeys(setShow, leave);

  const scene = sceneOf(show);
  const click = (event: MouseEvent): void => {
    if (event.target instanceof Element && event.target.closest("button, input, a, summary") === null)
      setShow((now) => stepped(now, 1));
  };
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- a short cut for the pointer: keys and the buttons below do the same
    <main className={css["demo"]} ref={stage} tabIndex={-1} onClick={click} data-testid="demo" data-scene={scene}>
      <OutagePattern />
      <header className={css["head"]}>
        <div aria-live="polite">
          <p className={css["count"]}>
            {show.at + 1} of {SCENES.length}
          </p>
          <h1>{TITLES[scene]}</h1>
          <p className={css["said"]}>{SAID[scene]}</p>
        </div>
      </header>
      <div className={css["stage"]}>
        {runs?.ok === false && <p role="alert">{Object.values(describeFailure(runs.failure)).join(" ")}</p>}
        {runs?.ok === true && (
          <SceneView
            key={`${scene}`}
            scene={scene}
            runs={runs.value}
            progress={still ? 1 : progressOf(show)}
            byHand={show.byHand || still}
            onTouch={() => setShow(touched)}
          />
        )}
      </div>
      <footer className={css["foot"]}>
        <Progress show={show} />
        <p className={css["origin"]} data-testid="demo-origin">
          {runs?.ok === true && originOf(runs.value)}
        </p>
        <Steps show={show} setShow={setShow} onLeave={leave} />
      </footer>
    </main>
  );
}

type SetShow = (next: (show: Show) => Show) => void;

interface StepsProps {
  readonly show: Show;
  readonly setShow: SetShow;
  readonly onLeave: () => void;
}

function Steps({ show, setShow, onLeave }: StepsProps) {
  return (
    <div className={css["row"]}>
      <Button
        variant="default"
        onClick={() => setShow((now) => stepped(now, -1))}
        disabled={show.at === 0}
        data-testid="demo-back"
      >
        Back
      </Button>
      <Button
        variant="default"
        aria-pressed={show.paused}
        onClick={() => setShow(pausedOrNot)}
        data-testid="demo-pause"
      >
        {show.paused ? "Go on" : "Pause"}
      </Button>
      <Button onClick={() => setShow((now) => stepped(now, 1))} data-testid="demo-next">
        Next
      </Button>
      <Button variant="subtle" onClick={onLeave} data-testid="demo-leave">
        Leave (Esc)
      </Button>
    </div>
  );
}

const ACTIONS: Readonly<Record<string, (show: Show) => Show>> = {
  ArrowRight: (show) => stepped(show, 1),
  PageDown: (show) => stepped(show, 1),
  " ": (show) => stepped(show, 1),
  ArrowLeft: (show) => stepped(show, -1),
  PageUp: (show) => stepped(show, -1),
  p: pausedOrNot,
  P: pausedOrNot,
};

/** Keys do what the buttons do, except where a field or a button in focus has a use for them. */
function useKeys(setShow: SetShow, leave: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const act = ACTIONS[event.key];
      if (event.key === "Escape") leave();
      else if (act !== undefined && !isOwn(event)) {
        event.preventDefault();
        setShow(act);
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

function isOwn({ target, key }: KeyboardEvent): boolean {
  if (target instanceof HTMLInputElement) return key.startsWith("Arrow");
  return target instanceof HTMLButtonElement && key === " ";
}

/** Longer than a frame of a slow machine, shorter than a tab that was hidden. */
const LONGEST_STEP_MS = 500;
const STILL_STEP_MS = 250;

/** Tells the show how much time has passed: with every frame, or four times a second where nothing is to move. */
function useClock(still: boolean, setShow: SetShow): void {
  useEffect(() => {
    let last = performance.now();
    let frame = 0;
    const tick = (): void => {
      const now = performance.now();
      const ms = Math.min(LONGEST_STEP_MS, now - last);
      last = now;
      setShow((show) => passed(show, ms));
      if (!still) frame = requestAnimationFrame(tick);
    };
    const timer = still ? setInterval(tick, STILL_STEP_MS) : 0;
    if (!still) frame = requestAnimationFrame(tick);
    return () => {
      clearInterval(timer);
      cancelAnimationFrame(frame);
    };
  }, [still, setShow]);
}

interface SceneProps {
  readonly scene: Scene;
  readonly runs: DemoRuns;
  readonly progress: number;
  readonly byHand: boolean;
  readonly onTouch: () => void;
}

function SceneView({ scene, runs, progress, byHand, onTouch }: SceneProps) {
  switch (scene) {
    case "journey":
      return <JourneyScene record={runs.race[0]} progress={progress} />;
    case "cut":
      return <CutScene records={runs.cuts} progress={progress} byHand={byHand} onTouch={onTouch} />;
    case "race":
      return <RaceScene records={runs.race} progress={progress} sceneMs={SCENE_MS.race} />;
    case "link":
      return <LinkScene record={runs.race[0]} frames={runs.frames} />;
    case "output":
      return <OutputScene whole={runs.race[0]} broken={runs.broken} atToken={runs.brokenAtToken} />;
    case "run":
      return <RunScene record={runs.race[0]} />;
  }
}

function Progress({ show }: { readonly show: Show }) {
  return (
    <ol className={css["progress"]} aria-label={`Scene ${show.at + 1} of ${SCENES.length}`}>
      {SCENES.map((scene, at) => (
        <li key={scene} aria-current={at === show.at ? "step" : undefined}>
          <i style={{ width: `${100 * (at < show.at ? 1 : at > show.at ? 0 : progressOf(show))}%` }} />
          <span className="hidden-visually">{TITLES[scene]}</span>
        </li>
      ))}
    </ol>
  );
}

function originOf({ race, cuts, machine, note }: DemoRuns): string {
  const days = [
    ...new Set(
      [race[0], cuts[0]].flatMap((record) => (record === undefined ? [] : [day(record.provenance.startedAt)])),
    ),
  ];
  const browser = cuts[0]?.provenance.browser ?? "";
  // Whoever recorded them may have named the browser with the machine.
  const where = machine.startsWith(browser) ? machine : `${browser}, ${machine}`;
  return `Everything here was recorded in real runs, on ${days.join(" and ")}: ${where}${note === "" ? "" : `. ${note}`}. Nothing is being computed now.`;
}
