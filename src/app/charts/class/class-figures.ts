/** What came to a class, as numbers to draw: how often each answer was given, or the times of runs by strategy. */
import { summarize } from "#core/measure/summary.ts";
import type { Mode } from "#core/run/config.ts";
import type { ClassSummary, SharedRun } from "#core/run/class-messages.ts";
import type { Question } from "#lab/experiment/lesson.ts";
import { tickText } from "#lab/plot/scales.ts";
import { CHECKED } from "../../derive/class-figures.ts";
import { modeName } from "../../derive/lane-text.ts";
import { exactDuration, exactSize, share } from "../../format/units.ts";
import { linearAxis, logAxis, spansDecades, type ValueAxis } from "../axis/ticks.ts";

/** A question of a lesson, or a time of the runs. */
export type Shown = ShownQuestion | RunTime;
export interface ShownQuestion {
  /** Of the lesson, and of the question in it, from 0. */
  readonly number: number;
  readonly at: number;
  readonly question: Question;
}
export type RunTime = "tpotMs" | "ttftMs";

/** One run as a dot. */
export interface Dot {
  readonly y: number;
  /** Checked against the uncut model, and its times not in doubt. */
  readonly sure: boolean;
  readonly wrong: boolean;
}

/** What stands at one place along the foot. */
export interface Column {
  readonly x: number;
  /** Short, for the axis, and in full. */
  readonly tick: string;
  readonly name: string;
  /** Students who gave this answer, or the median of the dots, ms. */
  readonly y: number;
  readonly dots: readonly Dot[];
  /** For the readout, beside `name`. */
  readonly said: readonly (readonly [string, string])[];
}

export interface ClassPlot {
  readonly title: string;
  readonly xTitle: string;
  readonly unit: string;
  readonly columns: readonly Column[];
  readonly x: { readonly domain: readonly [number, number]; readonly ticks: readonly number[] };
  readonly y: ValueAxis;
  /** The middle of amounts that were given. */
  readonly median: number | null;
  /** Answers or runs that are drawn. */
  readonly n: number;
  readonly table: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** What the letters along the foot stand for. */
  readonly keys: readonly string[];
  readonly note: string;
}

export const classPlot = (shown: Shown, summary: ClassSummary): ClassPlot =>
  typeof shown === "string" ? runPlot(shown, summary.runs) : questionPlot(shown, summary);

/** Of a class, each tab counts once: a second prediction has taken the first one's place. */
function questionPlot({ number, at, question }: ShownQuestion, summary: ClassSummary): ClassPlot {
  const given = summary.predictions
    .filter(({ lesson }) => lesson === number)
    .flatMap(({ answers }) => answers[at] ?? [])
    .filter((answer) => fits(answer, question));
  const counts = new Map<number, number>();
  for (const answer of given) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const n = given.length;
  const column = (x: number, tick: string, name: string): Column => {
    const y = counts.get(x) ?? 0;
    const said = [["Students", `${y} of ${n}`] as const, ["Share", share(y, n)] as const];
    return { x, tick, name, y, dots: [], said };
  };
  const columns =
    question.kind === "choice"
      ? question.choices.map(({ text }, index) => column(index, letterOf(index), text))
      : [...counts.keys()].sort((a, b) => a - b).map((x) => column(x, tickText(x), `${tickText(x)} ${question.unit}`));
  const middle = question.kind === "amount" ? summarize(given) : null;
  return {
    title: question.ask,
    xTitle: question.kind === "choice" ? "Choice" : `Predicted, ${question.unit}`,
    unit: "students",
    columns,
    x: footOf(question),
    y: linearAxis(Math.max(5, ...counts.values())),
    median: middle?.median ?? null,
    n,
    table: { columns: ["Answer", "Students", "Share"], rows: columns.map(rowOf(n)) },
    keys: question.kind === "choice" ? question.choices.map(({ text }) => text) : [],
    note: `n = ${n} of ${summary.students} who joined; one answer a tab, the last.${
      middle === null
        ? ""
        : ` Median ${tickText(middle.median)} ${question.kind === "amount" ? question.unit : ""} (dashed), middle half ${tickText(middle.q1)} to ${tickText(middle.q3)}.`
    } Predictions, not measurements: what was measured is in the lesson.`,
  };
}

const letterOf = (index: number): string => String.fromCodePoint(65 + index);

const rowOf =
  (n: number) =>
  ({ name, y }: Column): readonly string[] => [name, String(y), share(y, n)];

/** A tab may send any figure: what is no answer to this question is left out. */
const fits = (answer: number, question: Question): boolean =>
  question.kind === "choice"
    ? Number.isInteger(answer) && answer >= 0 && answer < question.choices.length
    : answer >= question.from && answer <= question.to;

function footOf(question: Question): ClassPlot["x"] {
  if (question.kind === "choice")
    return { domain: [-0.5, question.choices.length - 0.5], ticks: question.choices.map((_, index) => index) };
  const { from, to, step } = question;
  return { domain: [from - step, to + step], ticks: linearAxis(to).ticks.filter((tick) => tick >= from && tick <= to) };
}

/** No axis ends below a microsecond: no clock here tells less. */
const LEAST_MS = 0.001;

const RUN_COLUMNS = ["Strategy", "Cut", "First token", "A token", "Tokens", "Up", "Down", "Round trip", "Checked"];

function runPlot(time: RunTime, all: readonly SharedRun[]): ClassPlot {
  const runs = all.filter((run) => run[time] !== null);
  const modes = [...new Set(runs.map(({ mode }) => mode))].sort();
  const columns = modes.map((mode, x) => runColumn(mode, x, time, runs));
  const values = runs.map((run) => run[time] ?? 0);
  const log = spansDecades(values);
  const left = all.length - runs.length;
  return {
    title: time === "tpotMs" ? "Shared runs: time per token" : "Shared runs: time to the first token",
    xTitle: "Strategy",
    unit: time === "tpotMs" ? "ms a token" : "ms",
    columns,
    x: { domain: [-0.5, Math.max(0, modes.length - 1) + 0.5], ticks: modes.map((_, index) => index) },
    y: log ? logAxis(values) : linearAxis(Math.max(LEAST_MS, ...values)),
    median: null,
    n: runs.length,
    table: {
      columns: RUN_COLUMNS,
      rows: [...all].sort((a, b) => a.mode.localeCompare(b.mode) || a.ttftMs - b.ttftMs).map(runRow),
    },
    keys: modes.map(modeName),
    note: `n = ${runs.length}, a dot for each run; the line is their median.${log ? " Logarithmic." : ""}${
      left > 0 ? ` ${left} with a single token have no time per token.` : ""
    } Hollow: not checked against the uncut model, or times in doubt; red: other tokens. Every run is of its own device, browser and link: compare strategies, not people.`,
  };
}

function runColumn(mode: Mode, x: number, time: RunTime, runs: readonly SharedRun[]): Column {
  const mine = runs.filter((run) => run.mode === mode);
  const { n, median, q1, q3, least, most } = summarize(mine.map((run) => run[time] ?? 0)) ?? NONE;
  return {
    x,
    tick: letterOf(x),
    name: modeName(mode),
    y: median,
    dots: mine.map((run) => ({
      y: run[time] ?? 0,
      sure: run.checked !== "unchecked" && !run.doubtful,
      wrong: run.checked === "wrong",
    })),
    said: [
      ["Median", exactDuration(median)],
      ["Middle half", `${exactDuration(q1)} to ${exactDuration(q3)}`],
      ["All", `${exactDuration(least)} to ${exactDuration(most)}`],
      ["Runs", String(n)],
    ],
  };
}

const NONE = { n: 0, median: 0, q1: 0, q3: 0, least: 0, most: 0 };

const timeText = (ms: number | null): string => (ms === null ? "\u2013" : exactDuration(ms));

const runRow = (run: SharedRun): readonly string[] => [
  modeName(run.mode),
  String(run.cut),
  timeText(run.ttftMs),
  timeText(run.tpotMs),
  String(run.tokens),
  exactSize(run.upBytes),
  exactSize(run.downBytes),
  timeText(run.rttMs),
  `${CHECKED[run.checked]}${run.doubtful ? ", in doubt" : ""}`,
];

/** The chart for those who hear it. */
export const classWords = ({ title, columns, unit, n }: ClassPlot): string =>
  `${title} n = ${n}. ${columns.map(({ name, y }) => `${name}: ${tickText(y)} ${unit}`).join("; ")}.`;
