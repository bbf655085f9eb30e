/**
 * A declaration from outside: an experiment file of somebody else's, or the head of a result file.
 * What does not fit is refused with the path to it and what would.
 */
import { isConfigKey, CONFIG_KEY_NAMES, type ConfigKeyName } from "#core/run/config-keys.ts";
import type { Result } from "#core/run/failure.ts";
import {
  isRecord,
  list,
  number,
  object,
  oneOf,
  readWith,
  text,
  unfit,
  whole,
  type Reader,
} from "#core/run/json-reader.ts";
import { TOKEN_PARTS } from "#core/run/record.ts";
import type {
  Arm,
  AxisName,
  Chart,
  Experiment,
  Modelled,
  Optimum,
  Ours,
  PromptChoice,
  SettingValue,
  Settings,
  Source,
} from "./experiment.ts";
import type { Lesson, Question, Reading } from "./lesson.ts";
import { isMeasureName, MEASURE_NAMES, type MeasureName } from "../analysis/measures.ts";

const configKey: Reader<ConfigKeyName> = (value, path) =>
  typeof value === "string" && isConfigKey(value) ? value : unfit(path, value, `one of ${CONFIG_KEY_NAMES.join(", ")}`);

const measure: Reader<MeasureName> = (value, path) =>
  typeof value === "string" && isMeasureName(value) ? value : unfit(path, value, `one of ${MEASURE_NAMES.join(", ")}`);

const setting: Reader<SettingValue> = (value, path) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : unfit(path, value, "a value or its text");

const axisName: Reader<AxisName> = (value, path) => (value === "promptSet" ? value : configKey(value, path));

function byKey<K extends AxisName, T>(name: Reader<K>, item: Reader<T>): Reader<Readonly<Partial<Record<K, T>>>> {
  return (value, path) => {
    if (!isRecord(value)) return unfit(path, value, "an object of configuration keys");
    const read: Partial<Record<K, T>> = {};
    for (const [key, each] of Object.entries(value)) read[name(key, `${path}.${key}`)] = item(each, `${path}.${key}`);
    return read;
  };
}

const settings: Reader<Settings> = byKey(configKey, setting);
const arm: Reader<Arm> = object({ name: text, set: settings });

/** The keys that are there, each read by its own reader: an optional key is left out, never undefined. */
function optional<T extends object>(readers: { readonly [K in keyof T]-?: Reader<NonNullable<T[K]>> }): (
  value: unknown,
  path: string,
) => Partial<T> {
  return (value, path) => {
    const read: Partial<T> = {};
    for (const key in readers)
      if (isRecord(value) && value[key] !== undefined) read[key] = readers[key](value[key], `${path}.${key}`);
    return read;
  };
}

const wordCounts = optional<{ words: readonly number[] }>({ words: list(whole(1, 100_000)) });
const promptChoice: Reader<PromptChoice> = (value, path) => ({
  ...object({ set: text, count: whole(1, 100_000) })(value, path),
  ...wordCounts(value, path),
});

const bound = optional<Pick<Ours, "within">>({ within: object({ measure, most: number }) });
const ours: Reader<Ours> = (value, path) => ({
  ...object({ measure, best: oneOf("least", "most") })(value, path),
  ...bound(value, path),
});
const likeOurs = optional<{ ours: Ours }>({ ours });
const paperValue: Reader<NonNullable<Source["values"]>[number]> = (value, path) => ({
  ...object({ what: text, theirs: text })(value, path),
  ...likeOurs(value, path),
});
const sourceExtras = optional<Pick<Source, "url" | "values">>({ url: text, values: list(paperValue) });
const source: Reader<Source> = (value, path) => ({ ...object({ text })(value, path), ...sourceExtras(value, path) });

const rate: Reader<number> = (value, path) =>
  typeof value === "number" && value >= 0 && value <= 1 ? value : unfit(path, value, "a share from 0 to 1");
const panels = optional<{ panels: AxisName }>({ panels: axisName });
const linesExtras = optional<{ modelled: Modelled; optimum: Optimum; upper: MeasureName; over: string }>({
  modelled: oneOf("ttft", "tpot", "block-efficiency", "waiting", "capacity"),
  optimum: oneOf("least", "most"),
  upper: measure,
  over: text,
});
const frontierExtras = optional<{ limit: { readonly y: number; readonly text: string }; floor: number }>({
  limit: object({ y: number, text }),
  floor: number,
});
const mapExtras = optional<{ acceptances: readonly number[] }>({ acceptances: list(rate) });
const axis: Reader<ConfigKeyName | "context"> = (value, path) => (value === "context" ? value : configKey(value, path));

const chart: Reader<Chart> = (value, path) => {
  const { kind } = object({ kind: oneOf("lines", "timeline", "parts", "map", "frontier") })(value, path);
  switch (kind) {
    case "lines":
      return {
        kind,
        ...object({ title: text, x: axis, y: measure })(value, path),
        ...panels(value, path),
        ...linesExtras(value, path),
      };
    case "timeline":
      return { kind, ...object({ title: text })(value, path) };
    case "parts":
      return { kind, ...object({ title: text })(value, path), ...panels(value, path) };
    case "map":
      return {
        kind,
        ...object({ title: text, arm: text, against: text })(value, path),
        ...panels(value, path),
        ...mapExtras(value, path),
      };
    case "frontier":
      return {
        kind,
        ...object({ title: text, x: measure, y: measure, label: configKey })(value, path),
        ...panels(value, path),
        ...frontierExtras(value, path),
      };
  }
};

const place: Reader<NonNullable<Reading["at"]>> = (value, path) =>
  typeof value === "number" ? value : oneOf("first", "last", "least", "most")(value, path);
const readingExtras = optional<Pick<Reading, "panel" | "at" | "load" | "parts" | "axis">>({
  panel: text,
  at: place,
  load: number,
  parts: list(oneOf(...TOKEN_PARTS)),
  axis: oneOf("x", "y"),
});
const reading: Reader<Reading> = (value, path) => ({
  ...object({ chart: whole(0), of: text })(value, path),
  ...readingExtras(value, path),
});
const ratio = optional<{ over: Reading }>({ over: reading });

const question: Reader<Question> = (value, path) => {
  const { kind } = object({ kind: oneOf("choice", "amount") })(value, path);
  if (kind === "choice")
    return {
      kind,
      ...object({ ask: text, best: oneOf("least", "most"), choices: list(object({ text, at: reading })) })(value, path),
    };
  return {
    kind,
    ...object({ ask: text, unit: text, from: number, to: number, step: number, answer: reading })(value, path),
    ...ratio(value, path),
  };
};

const lesson: Reader<Lesson> = object({
  questions: list(question),
  mark: object({ at: reading, says: text }),
  why: list(text),
});

const extras = optional<Pick<Experiment, "continuation" | "reference" | "lesson">>({
  continuation: whole(1, 100_000),
  reference: text,
  lesson,
});

export const experiment: Reader<Experiment> = (value, path) => ({
  ...object({
    id: text,
    number: whole(0),
    title: text,
    question: text,
    predict: text,
    base: settings,
    sweep: byKey(axisName, list(setting)),
    arms: list(arm),
    prompts: promptChoice,
    repeats: whole(1, 10_000),
    measures: list(measure),
    charts: list(chart),
    notice: list(text),
    source: list(source),
  })(value, path),
  ...extras(value, path),
});

/** Whether two declarations ask for the same runs and figures, whatever the order of their keys; what is said about them may change. */
export const sameExperiment = (a: Experiment, b: Experiment): boolean => inOrder(asked(a)) === inOrder(asked(b));

const asked = ({
  title: _title,
  question: _question,
  predict: _predict,
  notice: _notice,
  source: _source,
  lesson: _lesson,
  ...rest
}: Experiment): object => rest;

const inOrder = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  );

/** Names that nothing bears, lists of which nothing follows, and an id that cannot name a file. */
const consistent: Reader<Experiment> = (value, path) => {
  const read = experiment(value, path);
  const names = read.arms.map(({ name }) => name);
  const armAt = (name: string | undefined, at: string): void =>
    void (
      name === undefined ||
      names.includes(name) ||
      unfit(`${path}.${at}`, name, `an arm of this experiment: ${names.join(", ")}`)
    );
  if (!/^\w[\w.-]*$/.test(read.id)) unfit(`${path}.id`, read.id, "letters, digits, - and _: it names the files");
  if (names.length === 0) unfit(`${path}.arms`, read.arms, "a list of at least one arm");
  if (new Set(names).size < names.length)
    unfit(
      `${path}.arms`,
      names.find((name, at) => names.indexOf(name) < at),
      "each arm by a name of its own",
    );
  if (read.measures.length === 0) unfit(`${path}.measures`, read.measures, "a list of at least one measure");
  for (const [key, values] of Object.entries(read.sweep))
    if (values.length === 0)
      unfit(`${path}.sweep.${key}`, values, "a list of at least one value; or leave the key out");
  armAt(read.reference, "reference");
  for (const [at, each] of read.charts.entries()) {
    if (each.kind === "lines") armAt(each.over, `charts[${at}].over`);
    if (each.kind !== "map") continue;
    armAt(each.arm, `charts[${at}].arm`);
    armAt(each.against, `charts[${at}].against`);
  }
  return read;
};

export const readExperiment = (value: unknown): Result<Experiment> => readWith(consistent, value, "experiment");
