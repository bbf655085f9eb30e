/**
 * An experiment as a declaration: a question, what is varied, what is measured, how it is drawn,
 * and what to notice. Plain data, so that a result file carries the declaration it came from and
 * any page can draw it; whatever computes is named (`measures.ts`) and found by its name.
 */
import type { ConfigKeyName } from "#core/run/config-keys.ts";
import type { Lesson } from "./lesson.ts";
import type { MeasureName } from "../analysis/measures.ts";

/** Settings as `parseConfig` reads them: values or their text. */
export type SettingValue = string | number | boolean;
export type Settings = Readonly<Partial<Record<ConfigKeyName, SettingValue>>>;

/** What a sweep can vary: a configuration's keys, and the set that a cell's prompts come from, which no configuration has. */
export type AxisName = ConfigKeyName | "promptSet";
export type Varied = Readonly<Partial<Record<AxisName, SettingValue>>>;

/** One thing that is compared. Keys of the sweep that its own settings fix, or that its mode has no use for, it does not vary. */
export interface Arm {
  readonly name: string;
  readonly set: Settings;
}

/** `count` prompts of a shipped set, evenly spread over it, or of each set that the sweep names; `words` joins enough of them to reach each length. */
export interface PromptChoice {
  readonly set: string;
  readonly count: number;
  readonly words?: readonly number[];
}

/** Where a paper's value has its like among our figures: the best cell by a measure, of those within a bound of another. */
export interface Ours {
  readonly measure: MeasureName;
  readonly best: "least" | "most";
  readonly within?: { readonly measure: MeasureName; readonly most: number };
}

/** What a paper or a standard says, to stand beside ours. */
export interface Source {
  readonly text: string;
  readonly url?: string;
  readonly values?: readonly { readonly what: string; readonly theirs: string; readonly ours?: Ours }[];
}

/** Lines that are computed and not measured: the planner's over the cut; Leviathan et al.'s block efficiency
 * over the draft length; the queue at the edge over the clients; what drafting on the device spares an edge that would draft itself. */
export type Modelled = "ttft" | "tpot" | "block-efficiency" | "waiting" | "capacity";

/** Which point of the measured lines is marked as the best of its panel. */
export type Optimum = "least" | "most";

export type Chart =
  /** `y` over a swept key, or over the length of the context, one line a combination of the other keys. Every panel of every kind is of one prompt set. */
  | {
      readonly kind: "lines";
      readonly title: string;
      readonly x: ConfigKeyName | "context";
      readonly y: MeasureName;
      readonly panels?: AxisName;
      readonly modelled?: Modelled;
      readonly optimum?: Optimum;
      /** A second measure in the same unit, dashed in the first one's colour. */
      readonly upper?: MeasureName;
      /** Ratios to this arm in place of values, prompt by prompt. */
      readonly over?: string;
    }
  /** Time per token while a run goes on, one line an arm, where its cut moved, and under it what the link added to a round trip. */
  | { readonly kind: "timeline"; readonly title: string }
  /** Parts of a token's time, one bar a cell. */
  | { readonly kind: "parts"; readonly title: string; readonly panels?: AxisName }
  /** Where `arm` (speculative) is faster than `against` (edge-only or co-located), over the link's round trip and `edgeLoad`. */
  | {
      readonly kind: "map";
      readonly title: string;
      readonly arm: string;
      readonly against: string;
      readonly panels?: AxisName;
      /** Acceptance rates of further panels, in which everything is modelled. */
      readonly acceptances?: readonly number[];
    }
  /** One measure against another, a point a cell, with the frontier that none is better than. */
  | {
      readonly kind: "frontier";
      readonly title: string;
      readonly x: MeasureName;
      readonly y: MeasureName;
      readonly label: ConfigKeyName;
      readonly panels?: AxisName;
      readonly limit?: { readonly y: number; readonly text: string };
      /** Draws `y` logarithmically, and what is below this value at it. */
      readonly floor?: number;
    };

export interface Experiment {
  /** In addresses and on the command line: "where-to-cut". */
  readonly id: string;
  /** Its place among the chapters; 0 for one that is not ours. */
  readonly number: number;
  readonly title: string;
  /** One sentence. */
  readonly question: string;
  /** What to ask a class before it runs. */
  readonly predict: string;
  /** What all arms share. */
  readonly base: Settings;
  readonly sweep: Readonly<Partial<Record<AxisName, readonly SettingValue[]>>>;
  readonly arms: readonly Arm[];
  readonly prompts: PromptChoice;
  /** Runs of every cell on every prompt. */
  readonly repeats: number;
  /** For `mode=score`: tokens that the uncut model samples behind each prompt, to be scored with it. */
  readonly continuation?: number;
  /** The arm whose record of the same prompt a measure compares with. */
  readonly reference?: string;
  readonly measures: readonly MeasureName[];
  readonly charts: readonly Chart[];
  readonly notice: readonly string[];
  readonly source: readonly Source[];
  /** For a class: what to predict, what to look at, and why. */
  readonly lesson?: Lesson;
}
