/**
 * Results to figures: for every cell and measure the statistic, its bootstrap interval over
 * prompts and how many prompts and runs stand behind it. No sample is dropped but those of runs
 * that do not count at all (a hidden tab), and these are numbered.
 */
import { bootstrapInterval, type Interval } from "#core/measure/bootstrap.ts";
import { median } from "#core/measure/summary.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { Failure } from "#core/run/failure.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { AxisName, Varied } from "../experiment/experiment.ts";
import { measureNamed, type MeasureName, type Sample } from "./measures.ts";
import { isValid, type Results, type RunLine } from "../results/results.ts";

export interface CellRuns {
  readonly key: string;
  readonly arm: string;
  readonly varied: Varied;
  readonly config: RunConfig;
  readonly runs: readonly RunLine[];
}

export interface Figure {
  readonly value: number;
  /** Of 95%, over prompts; null with fewer than two. */
  readonly interval: Interval | null;
  /** What each prompt came to by itself. */
  readonly prompts: ReadonlyMap<string, number>;
  readonly runs: number;
}

/** Cells in the order in which their first runs came, with the runs that count. */
export function cellsIn({ runs }: Results): readonly CellRuns[] {
  const found = new Map<string, CellRuns>();
  for (const line of runs.filter(isValid)) {
    const before = found.get(line.cell);
    found.set(
      line.cell,
      before === undefined
        ? { key: line.cell, arm: line.arm, varied: line.varied, config: line.record.config, runs: [line] }
        : { ...before, runs: [...before.runs, line] },
    );
  }
  return [...found.values()];
}

interface Panel {
  readonly title: string;
  readonly cells: readonly CellRuns[];
}

/** Cells by the value of the panel's key, and by prompt set where these are swept: what is computed of a panel is of one kind of text. */
export function panelsOf(cells: readonly CellRuns[], key: AxisName | undefined): readonly Panel[] {
  return panelKeys(cells, key).reduce<readonly Panel[]>(
    (panels, each) => panels.flatMap((panel) => partedBy(panel, each)),
    [{ title: "", cells }],
  );
}

/** What panels differ in: the chart's own key, whether it is varied or not, and the prompt set where it is. */
export const panelKeys = (cells: readonly CellRuns[], key: AxisName | undefined): readonly AxisName[] => [
  ...(key === undefined ? [] : [key]),
  ...(key !== "promptSet" && cells.some(({ varied }) => varied.promptSet !== undefined) ? ["promptSet" as const] : []),
];

/** Cells that do not vary the key are in every panel. */
function partedBy({ title, cells }: Panel, key: AxisName): readonly Panel[] {
  const values = [...new Set(cells.flatMap(({ varied }) => varied[key] ?? []))];
  if (values.length === 0) return [{ title, cells }];
  return values.map((value) => ({
    title: [title, `${key} ${String(value)}`].filter((part) => part !== "").join(", "),
    cells: cells.filter(({ varied }) => varied[key] === undefined || varied[key] === value),
  }));
}

/** The reference arm's runs by prompt. */
function referencesIn({ head, runs }: Results): ReadonlyMap<string, RunLine> {
  const { reference } = head.experiment;
  return new Map(runs.filter((line) => line.arm === reference && isValid(line)).map((line) => [line.prompt, line]));
}

/** The values of one measure, prompt by prompt. */
function valuesOf(
  name: MeasureName,
  runs: readonly RunLine[],
  results: Results,
): ReadonlyMap<string, readonly number[]> {
  const references = referencesIn(results);
  const found = new Map<string, readonly number[]>();
  for (const line of runs) {
    const values = measureNamed(name).values(sampleOf(line, references, results));
    if (values.length > 0) found.set(line.prompt, [...(found.get(line.prompt) ?? []), ...values]);
  }
  return found;
}

function sampleOf(
  { record, prompt, promptTokens }: RunLine,
  references: ReadonlyMap<string, RunLine>,
  { head }: Results,
): Sample {
  const hidden = head.models.find(({ name }) => name === record.config.model)?.hidden ?? 0;
  return { record, beside: references.get(prompt)?.record ?? null, promptTokens, hidden };
}

/** Null where no run gives this measure a value. */
export function figureOf(name: MeasureName, runs: readonly RunLine[], results: Results): Figure | null {
  const { digest, overPrompts } = measureNamed(name);
  const prompts = [...valuesOf(name, runs, results).values()].map(digest);
  const value = overPrompts(prompts);
  return value === null
    ? null
    : {
        value,
        interval: bootstrapInterval(prompts, overPrompts),
        prompts: perPrompt(name, runs, results),
        runs: runs.length,
      };
}

function perPrompt(name: MeasureName, runs: readonly RunLine[], results: Results): ReadonlyMap<string, number> {
  const { digest, overPrompts } = measureNamed(name);
  const found = new Map<string, number>();
  for (const [prompt, values] of valuesOf(name, runs, results)) {
    const value = overPrompts([digest(values)]);
    if (value !== null) found.set(prompt, value);
  }
  return found;
}

/** b / a of the prompts that both ran. */
export function pairedRatios(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const ratios = new Map<string, number>();
  for (const [prompt, mine] of a) {
    const theirs = b.get(prompt);
    if (theirs !== undefined && mine !== 0) ratios.set(prompt, theirs / mine);
  }
  return ratios;
}

/** The cell of another arm under the same values of all that both vary. */
export const counterpart = (cell: CellRuns, arm: string, cells: readonly CellRuns[]): CellRuns | null =>
  cells.find(
    (other) =>
      other.arm === arm &&
      Object.entries(other.varied).every(([key, value]) =>
        Object.entries(cell.varied).every(([name, own]) => name !== key || own === value),
      ),
  ) ?? null;

/** `of` over `by`, prompt by prompt; null where they share none. */
export function ratioOf(name: MeasureName, of: CellRuns, by: CellRuns, results: Results): Figure | null {
  const [above, below] = [figureOf(name, of.runs, results), figureOf(name, by.runs, results)];
  if (above === null || below === null) return null;
  const ratios = pairedRatios(below.prompts, above.prompts);
  const value = median([...ratios.values()]);
  return value === null
    ? null
    : {
        value,
        interval: bootstrapInterval([...ratios.values()], (drawn) => median(drawn)),
        prompts: ratios,
        runs: of.runs.length + by.runs.length,
      };
}

function upgradesIn(runs: readonly RunLine[]): readonly string[] {
  const schemas = [...new Set(runs.flatMap(({ record }) => record.upgradedFrom ?? []))];
  return schemas.map((schema) => `records upgraded from schema ${schema}`);
}

/** An experiment that was gone on with elsewhere, or after the software changed: its figures are not of one kind. */
function mixedIn(runs: readonly RunLine[]): readonly string[] {
  const several = (what: string, of: (line: RunLine) => string): readonly string[] => {
    const found = [...new Set(runs.map(of))];
    return found.length < 2 ? [] : [`runs of ${found.length} ${what} are mixed (${found.join(", ")})`];
  };
  return [
    ...several("commits", ({ record }) => record.provenance.commit),
    ...several("browsers", ({ record }) => record.provenance.browser),
    ...several("numbers of cores", ({ record }) => String(record.provenance.cores)),
  ];
}

/** What must be said beside every figure of these results. */
export function caveatsOf(results: Results): readonly string[] {
  const { head, runs, whole } = results;
  const simulated = runs.flatMap(({ record }) => record.simulated ?? []);
  const astray = simulated.filter(({ same }) => !same).length;
  const wrong = runs.filter(isWrong).length;
  return [
    ...head.caveats,
    ...runCaveats(runs),
    ...said(
      runs.some(({ record }) => record.simulated !== undefined),
      "of several clients all but one are simulated devices: they repeat over real sessions what the real one sent when it was alone, with its delays",
    ),
    ...said(astray > 0, `${astray} simulated devices were told something else than the one they repeat`),
    ...said(wrong > 0, `${wrong} float32 runs gave a wrong token`),
    ...lackCaveats(results),
    ...said(!whole, "not all planned runs were made"),
  ];
}

const said = (holds: boolean, caveat: string): readonly string[] => (holds ? [caveat] : []);

/** Of how the runs that were made came about. */
function runCaveats(runs: readonly RunLine[]): readonly string[] {
  const hidden = runs.filter((line) => !isValid(line)).length;
  const unchecked = runs.filter(isUnchecked).length;
  return [
    ...said(
      runs.some(({ record }) => record.provenance.device.software),
      "the graphics adapter is a software one",
    ),
    ...upgradesIn(runs),
    ...mixedIn(runs.filter(isValid)),
    ...said(hidden > 0, `${hidden} runs do not count: the tab was hidden`),
    ...said(
      runs.some(({ record }) => record.resolved?.link.met === false),
      "the real link is slower than one of those asked for",
    ),
    ...said(unchecked > 0, `${unchecked} runs are unchecked against the uncut model`),
  ];
}

/** Of the runs that there are not. */
function lackCaveats({ failed, skipped }: Results): readonly string[] {
  const tried = failed.filter(({ failure }) => failure.code !== "given-up");
  const untried = failed.length - tried.length;
  return [
    ...said(tried.length > 0, `${tried.length} runs failed (${codesOf(tried)})`),
    ...said(untried > 0, `${untried} runs were not tried: their cells had failed before`),
    ...said(skipped.length > 0, `${skipped.length} cells cannot be (${codesOf(skipped)})`),
  ];
}

const codesOf = (lines: readonly { readonly failure: Failure }[]): string =>
  [...new Set(lines.map(({ failure }) => failure.code))].join(", ");

/** Another token than the uncut model's, where neither a codec nor a near tie is to blame. */
const isWrong = ({ record: { agreement, config } }: RunLine): boolean =>
  agreement.kind === "checked" && !agreement.exact && agreement.nearTies === 0 && config.codec === "f32";

const isUnchecked = ({ record: { agreement, config } }: RunLine): boolean =>
  factsOf(config.mode).yields === "tokens" && agreement.kind === "unchecked";
