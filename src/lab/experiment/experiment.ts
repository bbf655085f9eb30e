/**
 * An experiment as a declaration: a question, what is varied, what is measured, how it is drawn,
 * and what to notice. Plain data, so that a result file carries the declaration it came from and
 * any page can draw it; whatever computes is named (`measures.ts`) and found by its name. Every part is a schema, so that a
 * declaration from outside is held to the very types.
 */
import { CONFIG_KEY_NAMES } from "#core/run/config/config-keys.ts";
import {
  between,
  either,
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  record,
  text,
  variants,
  whole,
  type Value,
} from "#core/schema/schema.ts";
import { MEASURE_NAMES } from "../analysis/measures.ts";
import { lesson } from "./lesson.ts";

const configKey = oneOf(...CONFIG_KEY_NAMES);
const measure = oneOf(...MEASURE_NAMES);

/** What a sweep can vary: a configuration's keys, and the set that a cell's prompts come from, which no configuration has. */
const AXIS_NAMES = ["promptSet", ...CONFIG_KEY_NAMES] as const;
const axisName = oneOf(...AXIS_NAMES);
export type AxisName = Value<typeof axisName>;

/** Settings as `parseConfig` reads them: values or their text. */
const settingValue = either("a value or its text", text, number, flag);
export type SettingValue = Value<typeof settingValue>;
const settings = record(CONFIG_KEY_NAMES, settingValue, "an object of configuration keys");
export type SweptSettings = Value<typeof settings>;
export const varied = record(AXIS_NAMES, settingValue, "the values a cell varies");
export type Varied = Value<typeof varied>;

/** One thing that is compared. Keys of the sweep that its own settings fix, or that its mode has no use for, it does not vary. */
const arm = object({ name: text, set: settings });
export type Arm = Value<typeof arm>;

/** `count` prompts of a shipped set, evenly spread over it, or of each set that the sweep names; `words` joins enough of them to reach each length. */
const promptChoice = object({ set: text, count: whole(1, 100_000), words: optional(list(whole(1, 100_000))) });
export type PromptChoice = Value<typeof promptChoice>;

/** Where a paper's value has its like among our figures: the best cell by a measure, of those within a bound of another. */
const ours = object({
  measure,
  best: oneOf("least", "most"),
  within: optional(object({ measure, most: number })),
});
export type Ours = Value<typeof ours>;

/** What a paper or a standard says, to stand beside ours. */
const source = object({
  text,
  url: optional(text),
  values: optional(list(object({ what: text, theirs: text, ours: optional(ours) }))),
});
export type Source = Value<typeof source>;

/** Lines that are computed and not measured: the planner's over the cut; Leviathan et al.'s block efficiency
 * over the draft length; the queue at the edge over the clients; what drafting on the device spares an edge that would draft itself. */
const modelled = oneOf("ttft", "tpot", "block-efficiency", "waiting", "capacity");
export type Modelled = Value<typeof modelled>;

/** Which point of the measured lines is marked as the best of its panel. */
const optimum = oneOf("least", "most");
export type Optimum = Value<typeof optimum>;

const chart = variants(
  "kind",
  /** `y` over a swept key, or over the length of the context, one line a combination of the other keys. Every panel of every kind is of one prompt set. */
  object({
    kind: oneOf("lines"),
    title: text,
    x: oneOf("context", ...CONFIG_KEY_NAMES),
    y: measure,
    panels: optional(axisName),
    modelled: optional(modelled),
    optimum: optional(optimum),
    /** A second measure in the same unit, dashed in the first one's colour. */
    upper: optional(measure),
    /** Ratios to this arm in place of values, prompt by prompt. */
    over: optional(text),
  }),
  /** Time per token while a run goes on, one line an arm, where its cut moved, and under it what the link added to a round trip. */
  object({ kind: oneOf("timeline"), title: text }),
  /** Parts of a token's time, one bar a cell. */
  object({ kind: oneOf("parts"), title: text, panels: optional(axisName) }),
  /** Where `arm` (speculative) is faster than `against` (edge-only or co-located), over the link's round trip and `edgeLoad`. */
  object({
    kind: oneOf("map"),
    title: text,
    arm: text,
    against: text,
    panels: optional(axisName),
    /** Acceptance rates of further panels, in which everything is modelled. */
    acceptances: optional(list(between(0, 1, "a share from 0 to 1"))),
  }),
  /** One measure against another, a point a cell, with the frontier that none is better than. */
  object({
    kind: oneOf("frontier"),
    title: text,
    x: measure,
    y: measure,
    label: configKey,
    panels: optional(axisName),
    limit: optional(object({ y: number, text })),
    /** Draws `y` logarithmically, and what is below this value at it. */
    floor: optional(number),
  }),
);
export type Chart = Value<typeof chart>;

export const experiment = object({
  /** In addresses and on the command line: "where-to-cut". */
  id: text,
  /** Its place among the chapters; 0 for one that is not ours. */
  number: whole(0),
  title: text,
  /** One sentence. */
  question: text,
  /** What to ask a class before it runs. */
  predict: text,
  /** What all arms share. */
  base: settings,
  sweep: record(AXIS_NAMES, list(settingValue), "an object of configuration keys"),
  arms: list(arm),
  prompts: promptChoice,
  /** Runs of every cell on every prompt. */
  repeats: whole(1, 10_000),
  /** For `mode=score`: tokens that the uncut model samples behind each prompt, to be scored with it. */
  continuation: optional(whole(1, 100_000)),
  /** The arm whose record of the same prompt a measure compares with. */
  reference: optional(text),
  measures: list(measure),
  charts: list(chart),
  notice: list(text),
  source: list(source),
  /** For a class: what to predict, what to look at, and why. */
  lesson: optional(lesson),
});
export type Experiment = Value<typeof experiment>;
