/**
 * A declaration's sweep multiplied out: one cell for every arm and combination of values, each a
 * configuration checked against the model. What cannot be is skipped with its coded failure; what
 * a mode has no use for (the cut of edge-only) is not varied, so no cell is there twice.
 */
import { MODES, type RunConfig } from "#core/run/config.ts";
import { CONFIG_KEYS, CONFIG_KEY_NAMES, isConfigKey, type ConfigKeyName } from "#core/run/config/config-keys.ts";
import { failure, ok, refuse, type Failure, type Result } from "#core/run/failure.ts";
import { text } from "#core/schema/schema.ts";
import { nearestFirst } from "#core/run/config/nearest.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { resolveSplit } from "#core/run/config/resolve.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { factsOf, isMode } from "#core/strategies/table.ts";
import {
  varied,
  type Arm,
  type AxisName,
  type Experiment,
  type SettingValue,
  type SweptSettings,
  type Varied,
} from "../experiment/experiment.ts";

export interface Cell {
  /** Names the arm and the values that it varies; the same in every run of the experiment. */
  readonly key: string;
  readonly arm: string;
  /** What this cell's arm varies, and at which value; `promptSet` where the experiment sweeps sets: its runs take their prompts from it. */
  readonly varied: Varied;
  /** Without a prompt. */
  readonly config: RunConfig;
}

/** A cell that cannot be, and why. */
export const skippedCell = { key: text, arm: text, varied, failure };
export interface SkippedCell {
  readonly key: string;
  readonly arm: string;
  readonly varied: Varied;
  readonly failure: Failure;
}

export interface Cells {
  readonly cells: readonly Cell[];
  readonly skipped: readonly SkippedCell[];
}

export function cellsOf(
  { base, sweep, arms }: Pick<Experiment, "base" | "sweep" | "arms">,
  models: readonly ModelSummary[],
): Cells {
  const found = new Map<string, Cell | SkippedCell>();
  for (const arm of arms) {
    const keys = new Map<string, string>(); // of this arm's cells, by the run that each comes to
    const axes = axesOf(sweep, arm, base);
    for (const varied of combinations(axes)) {
      const place = { key: keyOf(arm.name, varied), arm: arm.name, varied };
      if (found.has(place.key)) continue; // a value given twice
      const { promptSet, ...settings } = varied;
      const config = configOf({ ...base, ...settings, ...arm.set }, models);
      if (!config.ok) {
        found.set(place.key, { ...place, failure: config.failure });
        continue;
      }
      const run = `${String(promptSet)} ${inBlocks(config.value, models)}`;
      const twin = keys.get(run);
      if (twin === undefined) keys.set(run, place.key);
      found.set(
        place.key,
        twin === undefined
          ? { ...place, config: config.value }
          : {
              ...place,
              failure: { code: "keys-conflict", keys: Object.keys(varied), why: `that is the same run as ${twin}` },
            },
      );
    }
  }
  const all = [...found.values()];
  return { cells: all.filter((each) => "config" in each), skipped: all.filter((each) => "failure" in each) };
}

/** What a configuration comes to: half the depth under another name is the same. */
function inBlocks(config: RunConfig, models: readonly ModelSummary[]): string {
  const split = resolveSplit(config, models.find(({ name }) => name === config.model)?.blocks ?? 0);
  return JSON.stringify({ ...config, cut: split.ok ? split.value.cut : config.cut });
}

/** Keys that some strategies have no use for. */
const PARTICULAR = new Set<ConfigKeyName>(MODES.flatMap((mode) => factsOf(mode).reads));

type Axis = readonly [AxisName, readonly SettingValue[]];

function axesOf(sweep: Experiment["sweep"], arm: Arm, base: SweptSettings): readonly Axis[] {
  const mode = arm.set.mode ?? base.mode ?? CONFIG_KEYS.mode.fallback;
  const axes = CONFIG_KEY_NAMES.flatMap((key) => {
    const values = sweep[key];
    return values === undefined || key in arm.set || !reads(mode, key) ? [] : [[key, values] as const];
  });
  return sweep.promptSet === undefined ? axes : [...axes, ["promptSet", sweep.promptSet]];
}

/** A mode that is not known reads everything, and is refused later. */
const reads = (mode: SettingValue | undefined, key: ConfigKeyName): boolean =>
  !isMode(mode) || !PARTICULAR.has(key) || factsOf(mode).reads.includes(key);

function combinations(axes: readonly Axis[]): readonly Varied[] {
  return axes.reduce<readonly Varied[]>(
    (found, [key, values]) => found.flatMap((settings) => values.map((value) => ({ ...settings, [key]: value }))),
    [{}],
  );
}

const keyOf = (arm: string, varied: Varied): string =>
  [arm, ...Object.entries(varied).map(([key, value]) => `${key}=${String(value)}`)].join(" ");

/** Everything that can be refused before anything runs. */
function configOf(settings: SweptSettings, models: readonly ModelSummary[]): Result<RunConfig> {
  const config = parseConfig(settings, "prepare");
  if (!config.ok) return config;
  const model = models.find(({ name }) => name === config.value.model);
  if (model === undefined)
    return refuse({ code: "unknown-model", model: config.value.model, known: models.map(({ name }) => name) });
  const cut = resolveSplit(config.value, model.blocks);
  return cut.ok ? ok(config.value) : cut;
}

/**
 * Changes from outside, as `--set key=a,b,c` gives them: a swept key takes the new values, another
 * key one value for all arms, or becomes swept with several. `promptSet` goes the same way: one set
 * for all, or several as an axis. An unknown key is refused, and so is one that every arm fixes for
 * itself: it would change nothing.
 */
export function withSettings(
  experiment: Experiment,
  changes: ReadonlyMap<string, readonly string[]>,
): Result<Experiment> {
  let { base, sweep, prompts } = experiment;
  for (const [key, values] of changes) {
    if (key === "promptSet") {
      if (values.length > 1 || sweep.promptSet !== undefined) sweep = { ...sweep, promptSet: values };
      else prompts = { ...prompts, set: values[0] ?? "" };
      continue;
    }
    if (!isConfigKey(key))
      return refuse({ code: "unknown-key", key, known: nearestFirst(key, [...CONFIG_KEY_NAMES, "promptSet"]) });
    if (key === "prompt" || key === "promptIds" || key === "messages")
      return refuse({
        code: "keys-conflict",
        keys: [key, "prompts"],
        why: "an experiment's prompts come from its prompt set",
      });
    if (experiment.arms.length > 0 && experiment.arms.every((arm) => key in arm.set))
      return refuse({
        code: "keys-conflict",
        keys: [key, "arms"],
        why: `it is what the arms of this experiment differ in (${experiment.arms.map((arm) => `${arm.name}: ${String(arm.set[key])}`).join(", ")})`,
      });
    if (values.length > 1 || sweep[key] !== undefined) sweep = { ...sweep, [key]: values };
    else base = { ...base, [key]: values[0] ?? "" };
  }
  return ok({ ...experiment, base, sweep, prompts });
}

/** A list as the command line has it: commas part values, but not the figures of one link (`up:20,down:100`). */
export function splitValues(text: string): readonly string[] {
  return text.split(",").reduce<readonly string[]>((values, part) => {
    const last = values.at(-1);
    const goesOn =
      last !== undefined &&
      FIGURE.test(part) &&
      last.split(",").every((each) => FIGURE.test(each) && nameOf(each) !== nameOf(part));
    return goesOn ? [...values.slice(0, -1), `${last},${part}`] : [...values, part];
  }, []);
}

const FIGURE = /^(up|down|rtt|jitter|loss):/;
const nameOf = (figure: string): string => figure.split(":")[0] ?? "";
