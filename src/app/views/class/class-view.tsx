/** `#class`, the lecturer's: a code for the room, and what students' tabs give as one chart. Nothing of it outlasts the class. */
import { Button, NativeSelect } from "@mantine/core";
import { lazy, Suspense, useEffect, useState } from "react";
import { looked, opened, taken, type ClassSummary } from "#core/run/class-messages.ts";
import type { Failure } from "#core/run/failure.ts";
import { readJson } from "#core/schema/json.ts";
import { readWith } from "#core/schema/read.ts";
import { nullable, object, text, whole, type Value } from "#core/schema/schema.ts";
import { EXPERIMENTS } from "#lab/experiment/registry.ts";
import { PendingCharts } from "../../charts/pending.tsx";
import { baseForOthers, basesOf } from "../../derive/page-bases.ts";
import { askClass } from "../../device/class.ts";
import { recall, remember } from "../../device/tab-memory.ts";
import { useFacts, useLab } from "../../lab.ts";
import { QrCode } from "../qr-code.tsx";
import { FailureNote } from "../failure-note.tsx";
import view from "../view.module.css";
import css from "./class.module.css";

/** For students' tabs: small scripts compress worse than one. */
export { InClass } from "./in-class.tsx";

const ClassChart = lazy(() => import("../../charts/class/class-chart.tsx"));

const held = object({ code: text, secret: text, lesson: nullable(whole(1)) });
/** What this tab alone has: with it the class can be seen and ended. */
type Held = Value<typeof held>;

const KEY = "cutlayer.class";
/** A room sees an answer come within a moment. */
const LOOK_EVERY_MS = 1500;
const LESSONS = EXPERIMENTS.filter(({ lesson }) => lesson !== undefined);

function heldBefore(): Held | null {
  const json = readJson(recall(KEY) ?? "");
  const read = "value" in json ? readWith(held, json.value) : null;
  return read?.ok ? read.value : null;
}

export default function ClassView() {
  const [mine, setMine] = useState(heldBefore);
  const keep = (next: Held | null): void => {
    remember(KEY, next === null ? null : JSON.stringify(next));
    setMine(next);
  };
  return (
    <div className={css["class"]} data-testid="class-view">
      {mine === null ? <Open onOpen={keep} /> : <Running key={mine.code} mine={mine} onOver={() => keep(null)} />}
    </div>
  );
}

function Open({ onOpen }: { readonly onOpen: (mine: Held) => void }) {
  const { access } = useLab();
  const [number, setNumber] = useState("1");
  const [failure, setFailure] = useState<Failure | null>(null);
  async function open(): Promise<void> {
    const lesson = number === "" ? null : Number(number);
    const answer = await askClass({ ask: "open", lesson }, opened, access.of(undefined));
    if (answer.ok) onOpen({ ...answer.value, lesson });
    else setFailure(answer.failure);
  }
  return (
    <>
      <h1 className={view["heading"]}>A class</h1>
      <p>
        Students scan a code. What they predict in a lesson, and the runs that they choose to share, come here as one
        chart: figures, without names, prompts or answers. The edge server holds them in memory until you end the class.
      </p>
      <NativeSelect
        label="The code leads to"
        value={number}
        data={[
          ...LESSONS.map(({ number: each, title }) => ({ value: String(each), label: `Lesson ${each}: ${title}` })),
          { value: "", label: "Try: no lesson, runs alone" },
        ]}
        onChange={(event) => setNumber(event.currentTarget.value)}
      />
      <Button onClick={() => void open()} data-testid="class-open">
        Open the class
      </Button>
      {failure !== null && <FailureNote failure={failure} testId="class-trouble" />}
    </>
  );
}

interface RunningProps {
  readonly mine: Held;
  readonly onOver: () => void;
}

function Running({ mine, onOver }: RunningProps) {
  const { access } = useLab();
  const { code, secret, lesson } = mine;
  const { summary, failure } = useSummary(mine);
  const [ending, setEnding] = useState(false);
  const [refused, setRefused] = useState<Failure | null>(null);
  const told = refused ?? failure;
  const over = failure?.code === "class-refused" && failure.reason === "unknown";
  async function end(): Promise<void> {
    const answer = await askClass({ ask: "end", code, secret }, taken, access.of(undefined));
    if (answer.ok) onOver();
    else setRefused(answer.failure);
  }
  return (
    <>
      <div className={css["beside"]}>
        <Join code={code} />
        <p data-testid="class-students">
          <b>{summary?.students ?? 0}</b> joined
        </p>
        {over ? (
          <Button onClick={onOver}>Open another class</Button>
        ) : ending ? (
          <>
            <p>All of it is dropped.</p>
            <Button color="red" onClick={() => void end()} data-testid="class-end-now">
              End it now
            </Button>
            <Button variant="default" onClick={() => setEnding(false)}>
              Go on
            </Button>
          </>
        ) : (
          <Button variant="default" onClick={() => setEnding(true)} data-testid="class-end">
            End the class
          </Button>
        )}
      </div>
      <div className={css["came"]}>
        <h1 className={view["heading"]}>What the class says</h1>
        {told !== null && <FailureNote failure={told} testId="class-trouble" />}
        {summary !== null && <Came summary={summary} lesson={lesson} />}
      </div>
    </>
  );
}

/** For those in the room: to scan, or to type. */
function Join({ code }: { readonly code: string }) {
  const urls = useFacts("engine", (facts) => facts.edge?.urls ?? NONE);
  const link = `${baseForOthers(basesOf(window.location.href, urls))}#class=${code}`;
  return (
    <>
      <strong className={css["code"]} data-testid="class-code">
        {code}
      </strong>
      <QrCode text={link} className={css["qr"]} />
      <a href={link} target="_blank" rel="noreferrer" data-testid="class-link">
        {link.replace(/^https?:\/\//, "")}
      </a>
    </>
  );
}

const NONE: readonly string[] = [];

/** One chart: of a question, or of the runs. */
function Came({ summary, lesson }: { readonly summary: ClassSummary; readonly lesson: number | null }) {
  const asked = LESSONS.filter(
    ({ number }) => number === lesson || summary.predictions.some((each) => each.lesson === number),
  ).flatMap(({ number, lesson: of }) =>
    (of?.questions ?? []).map((question, at) => ({ key: `${number}.${at}`, number, at, question })),
  );
  const [shown, setShown] = useState(asked[0]?.key ?? "tpotMs");
  const question = asked.find(({ key }) => key === shown);
  return (
    <>
      <NativeSelect
        label="Chart"
        value={shown}
        data={[
          ...asked.map(({ key, number, at }) => ({ value: key, label: `Lesson ${number}, question ${at + 1}` })),
          { value: "tpotMs", label: "Runs: time per token" },
          { value: "ttftMs", label: "Runs: time to the first token" },
        ]}
        onChange={(event) => setShown(event.currentTarget.value)}
        data-testid="class-shown"
      />
      <Suspense fallback={<PendingCharts titles={["The chart"]} />}>
        <ClassChart summary={summary} shown={question ?? (shown === "ttftMs" ? "ttftMs" : "tpotMs")} />
      </Suspense>
    </>
  );
}

function useSummary({ code, secret }: Held) {
  const { access } = useLab();
  const [seen, setSeen] = useState<{ readonly summary: ClassSummary | null; readonly failure: Failure | null }>({
    summary: null,
    failure: null,
  });
  useEffect(() => {
    let version = 0;
    let timer = 0;
    let gone = false;
    async function look(): Promise<void> {
      clearTimeout(timer);
      if (document.hidden) return; // looked at again, it asks at once
      const answer = await askClass({ ask: "look", code, secret, seen: version }, looked, access.of(undefined));
      if (gone) return;
      const summary = answer.ok ? answer.value.summary : null;
      version = summary?.version ?? version;
      setSeen((before) => ({ summary: summary ?? before.summary, failure: answer.ok ? null : answer.failure }));
      timer = window.setTimeout(() => void look(), LOOK_EVERY_MS);
    }
    const again = (): void => void look();
    again();
    document.addEventListener("visibilitychange", again);
    return () => {
      gone = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [access, code, secret]);
  return seen;
}
