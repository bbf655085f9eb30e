/** A file that was dropped on the page or chosen: a result file is shown as its experiment, records as runs on the one screen, a recorded link becomes the link. */
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Failure } from "#core/run/failure.ts";
import { shown } from "#core/schema/json.ts";
import { readPromptSet } from "#lab/experiment/prompts.ts";
import { fileKindOf, isText, LOOKED_AT, type FileKind } from "#lab/results/file-kind.ts";
import { readLooseRecords, readResults } from "#lab/results/read-results.ts";
import { laneTitle } from "../../derive/lane-text.ts";
import { SCREEN } from "../../control/routing.ts";
import type { Lab } from "../../lab.ts";
import { showRecords } from "../show-records.ts";
import { sweepRunnerOf } from "./sweep-runner-of.ts";

/** More at once are no longer told apart on one time axis. */
const MOST_LANES = 6;

type Said = { readonly opened: string } | { readonly failure: Failure };

const OPENS = "a run's record, a result file, or a recorded link (CSV, or Mahimahi's)";

const NEXT: Readonly<Record<"files" | "model" | "nothing", string>> = {
  files: "Unpack it, and drop what is inside: a bundle of this page has records.jsonl in it.",
  model:
    "A model is served by the edge server: start it with npm start -- --model and the path of this file, or of its folder.",
  nothing: `What can be opened here: ${OPENS}.`,
};

/** What is no run and no link: said to be what it is, with what can be done with it. */
function answerTo(kind: FileKind, name: string, text: string): Said | null {
  switch (kind.kind) {
    case "experiment":
      return {
        opened: `${name} declares an experiment and holds no results. Run it with npm run bench -- ${name}, which also says what in it does not fit; drop here what that writes.`,
      };
    case "prompts":
      return promptsSaid(name, text);
    case "binary":
      return {
        opened: `${name} is ${kind.name}. ${NEXT[kind.holds ?? "nothing"]}`,
      };
    case "json":
      return {
        opened: `${name} is JSON, but nothing of this page's: ${kind.of}. What can be opened here: ${OPENS}.`,
      };
    case "broken-json":
      return {
        opened: `${name} begins as JSON and is damaged, or was cut off: ${kind.why}. Save it again where it came from.`,
      };
    case "empty":
      return { opened: `${name} is empty.` };
    case "unknown":
      return { failure: badFile(`${name}, line ${kind.line},`, kind.begins, OPENS) };
    case "record":
    case "results":
    case "trace-csv":
    case "mahimahi":
      return null;
  }
}

const badFile = (key: string, value: string, expected: string): Failure => ({
  code: "bad-value",
  key,
  value: shown(value),
  expected,
});

function promptsSaid(name: string, text: string): Said {
  const read = readPromptSet(name, "", text);
  if (!read.ok) return { failure: read.failure };
  return {
    opened: `${name} is a set of ${read.value.prompts.length} prompts. An experiment takes them with npm run bench -- EXPERIMENT --prompt-set ${name}.`,
  };
}

export async function openFile(lab: Lab, file: File): Promise<void> {
  const { stores, actions } = lab;
  const begins = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
  const text = isText(begins) ? await file.text() : ""; // a model on disk can be larger than what a page may hold
  const kind = fileKindOf(begins, text);
  const said = answerTo(kind, file.name, text);
  if (said !== null) return stores.page.setState({ opened: null, failure: null, ...said });
  if (kind.kind === "trace-csv" || kind.kind === "mahimahi") {
    stores.page.setState({ ...SCREEN, opened: null });
    return actions.chooseTrace(file.name, text);
  }
  const results = readResults(text);
  if (results.ok) {
    const runner = sweepRunnerOf(lab);
    const { state } = runner.store.getState();
    if (state === "running" || state === "paused")
      return stores.page.setState({ opened: "An experiment is under way: open the file when it is over." });
    runner.open(results.value);
    return stores.page.setState({
      view: null,
      experiment: results.value.results.head.experiment.id,
      lesson: false,
      opened: null,
      failure: null,
    });
  }
  const records =
    results.failure.code === "bad-value" && results.failure.key.endsWith(".schema") ? [] : readLooseRecords(text);
  if (records.length === 0) return stores.page.setState({ failure: results.failure });
  const lanes = showRecords(lab, records.slice(0, MOST_LANES));
  const upgraded = [...new Set(records.flatMap(({ upgradedFrom }) => upgradedFrom ?? []))].map(
    (schema) => `upgraded from schema ${schema}`,
  );
  const many = records.length > MOST_LANES ? `, the first ${MOST_LANES} shown` : "";
  const headless = text.includes('"kind":"run"')
    ? [
        text.trimStart().startsWith('{"kind":"experiment"')
          ? `its first line cannot be read (${describeFailure(results.failure).title}): its runs, not its charts`
          : "a result file without its first line: its runs, not its charts",
      ]
    : [];
  stores.page.setState({
    opened: `${file.name}: ${[records.length === 1 && lanes[0] !== undefined ? laneTitle(lanes[0]) : `${records.length} runs${many}`, ...upgraded, ...headless].join("; ")}.`,
  });
}
