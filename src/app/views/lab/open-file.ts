/** A file that was dropped on the page or chosen: a result file is shown as its experiment, records as runs on the one screen, a recorded link becomes the link. */
import { describeFailure } from "#core/run/failure-text.ts";
import { readLooseRecords, readResults } from "#lab/results/read-results.ts";
import { laneTitle } from "../../derive/lane-text.ts";
import type { Lab } from "../../lab.ts";
import { recordedLane } from "../../stores/runs.ts";
import { sweepRunnerOf } from "./sweep-runner-of.ts";

/** More at once are no longer told apart on one time axis. */
const MOST_LANES = 6;
/** By its first line: the CSV's header, or Mahimahi's first time in ms. */
const isRecordedLink = (text: string): boolean =>
  /\btime_ms\b|^\d+$/.test(text.trimStart().split(/\r?\n/, 1)[0]?.trimEnd() ?? "");

export async function openFile(lab: Lab, file: File): Promise<void> {
  const { stores, actions, player } = lab;
  const text = await file.text();
  const results = readResults(text);
  if (results.ok) {
    const runner = sweepRunnerOf(lab);
    const { state } = runner.store.getState();
    if (state === "running" || state === "paused")
      return stores.page.setState({ opened: "An experiment is under way: open the file when it is over." });
    runner.open(results.value);
    return stores.page.setState({
      experiment: results.value.results.head.experiment.id,
      lesson: false,
      opened: null,
      failure: null,
    });
  }
  const records =
    results.failure.code === "bad-value" && results.failure.key.endsWith(".schema") ? [] : readLooseRecords(text);
  if (records.length === 0 && isRecordedLink(text)) {
    stores.page.setState({ experiment: null, opened: null });
    return actions.chooseTrace(file.name, text);
  }
  if (records.length === 0) return stores.page.setState({ failure: results.failure });
  const lanes = records.slice(0, MOST_LANES).map((record, at) => recordedLane(`opened-${Date.now()}-${at}`, record));
  const shown = lanes.map(({ key }) => key);
  player.end();
  stores.runs.setState((runs) => ({ lanes: [...runs.lanes, ...lanes], shown, focus: shown[0] ?? null }));
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
    experiment: null,
    failure: null,
    token: null,
    opened: `${file.name}: ${[records.length === 1 && lanes[0] !== undefined ? laneTitle(lanes[0]) : `${records.length} runs${many}`, ...upgraded, ...headless].join("; ")}.`,
  });
}
