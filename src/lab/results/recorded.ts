/**
 * An experiment's result made small enough to ship with the page: its charts as numbers, what must
 * be said beside them, and where they come from. The runs themselves stay in the result file. A
 * recording is drawn by the same code as a result, so it looks like one and says that it is not.
 */
import type { Result } from "#core/run/failure.ts";
import { isRecord } from "#core/schema/json.ts";
import { readWith } from "#core/schema/read.ts";
import { list, looksLike, object, oneOf, text, whole, type Value } from "#core/schema/schema.ts";
import { methodsSentence } from "./methods.ts";
import { plotsOf } from "../plot/plots.ts";
import type { Plot } from "../plot/plot.ts";
import { isValid, type Results } from "./results.ts";
import { caveatsOf } from "../analysis/summaries.ts";

const RECORDED_SCHEMA = 1;

const LISTS = ["panels", "columns", "rows"] as const;
const TEXTS = ["kind", "title", "xTitle", "yTitle", "note"] as const;

/** Only the outline is looked at: these files are written by our own command and ship with the page. */
const isPlot = (value: unknown): value is Plot =>
  isRecord(value) &&
  LISTS.every((key) => Array.isArray(value[key])) &&
  TEXTS.every((key) => typeof value[key] === "string");
const plot = looksLike<Plot>(isPlot, "a chart as the lab makes it");

const recordedExperiment = object({
  schema: oneOf(RECORDED_SCHEMA),
  /** The experiment's. */
  id: text,
  /** The machine in words, as whoever recorded it gave it. */
  machine: text,
  startedAt: text,
  command: text,
  runs: whole(0),
  caveats: list(text),
  methods: text,
  plots: list(plot),
});
export type RecordedExperiment = Value<typeof recordedExperiment>;

/** `note` joins the caveats: "provisional". */
export function recordedFrom(results: Results, machine: string, note: string | null): RecordedExperiment {
  const { experiment, command, startedAt } = results.head;
  return {
    schema: RECORDED_SCHEMA,
    id: experiment.id,
    machine,
    startedAt,
    command,
    runs: results.runs.filter(isValid).length,
    caveats: [...(note === null ? [] : [note]), ...caveatsOf(results)],
    methods: methodsSentence(results),
    plots: plotsOf(results),
  };
}

const FIGURES = 5;

/** No figure needs more digits than these. */
export const writeRecorded = (recorded: RecordedExperiment): string =>
  `${JSON.stringify(recorded, (_, value: unknown) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(FIGURES)) : value))}\n`;

/** Plots that come from outside, to be drawn. */
export const readPlots = (value: unknown): Result<readonly Plot[]> => readWith(list(plot), value, "plots");

export const readRecorded = (value: unknown): Result<RecordedExperiment> =>
  readWith(recordedExperiment, value, "recording");
