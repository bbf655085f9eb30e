/**
 * Two results side by side. For every cell and measure in both: the ratio of b to a, prompt by
 * prompt, and its interval over prompts. A ratio whose interval holds 1 is noise; where only one
 * prompt was run nothing can be said. Cells go by their names, so what these do not say (another
 * model, other prompts, another machine) is said first.
 */
import { bootstrapInterval, type Interval, type Statistic } from "#core/measure/bootstrap.ts";
import { median } from "#core/measure/summary.ts";
import { measureTitle, type MeasureName } from "./measures.ts";
import { shown } from "../plot/plots.ts";
import { isValid, setsOf, type Results, type RunLine } from "../results/results.ts";
import { cellsIn, figureOf, pairedRatios } from "./summaries.ts";

export interface Comparison {
  readonly cell: string;
  readonly measure: MeasureName;
  readonly a: number;
  readonly b: number;
  /** b / a; null where a is 0 or the prompts differ. */
  readonly ratio: number | null;
  /** Prompts that both ran. */
  readonly prompts: number;
  readonly interval: Interval | null;
  readonly verdict: "noise" | "differs" | "too little to tell";
}

const middle: Statistic<number> = (ratios) => median(ratios);

export function compare(a: Results, b: Results): readonly Comparison[] {
  const others = new Map(cellsIn(b).map((cell) => [cell.key, cell]));
  return cellsIn(a).flatMap((cell) => {
    const other = others.get(cell.key);
    if (other === undefined) return [];
    return a.head.experiment.measures.flatMap((measure) => {
      const mine = figureOf(measure, cell.runs, a);
      const theirs = figureOf(measure, other.runs, b);
      if (mine === null || theirs === null) return [];
      const ratios = [...pairedRatios(mine.prompts, theirs.prompts).values()];
      const interval = bootstrapInterval(ratios, middle);
      return [
        {
          cell: cell.key,
          measure,
          a: mine.value,
          b: theirs.value,
          ratio: middle(ratios),
          prompts: ratios.length,
          interval,
          verdict: verdictOf(interval),
        },
      ];
    });
  });
}

function verdictOf(interval: Interval | null): Comparison["verdict"] {
  if (interval === null) return "too little to tell";
  return interval.low <= 1 && interval.high >= 1 ? "noise" : "differs";
}

/** What a and b do not share beside what was measured, a sentence each: differences that no interval accounts for. */
export function unlikenesses(a: Results, b: Results): readonly string[] {
  const [mine, theirs] = [factsOf(a), factsOf(b)];
  const facts = Object.keys({ ...mine, ...theirs }).flatMap((what) =>
    mine[what] === theirs[what]
      ? []
      : [`${what}: ${mine[what] ?? "left out"} in a, ${theirs[what] ?? "left out"} in b`],
  );
  const [cells, others] = [new Set(cellsIn(a).map(({ key }) => key)), new Set(cellsIn(b).map(({ key }) => key))];
  const alone = (own: ReadonlySet<string>, other: ReadonlySet<string>, name: string): readonly string[] => {
    const only = [...own].filter((key) => !other.has(key));
    return only.length === 0
      ? []
      : [
          `only in ${name}: ${only.slice(0, MOST_NAMED).join("; ")}${only.length > MOST_NAMED ? ` and ${only.length - MOST_NAMED} more cells` : ""}`,
        ];
  };
  return [...facts, ...alone(cells, others, "a"), ...alone(others, cells, "b")];
}

const MOST_NAMED = 3;

/** By what it is called: what is the same for all runs of one result, and should be for both. */
function factsOf({ head, runs }: Results): Readonly<Record<string, string>> {
  const { experiment, models } = head;
  const listed = (of: (line: RunLine) => string | number | null | undefined): string =>
    [...new Set(runs.filter(isValid).map((line) => String(of(line) ?? "none")))].toSorted().join(", ");
  return {
    experiment: experiment.id,
    ...Object.fromEntries(Object.entries(experiment.base).map(([key, value]) => [`${key} of all arms`, String(value)])),
    ...Object.fromEntries(
      experiment.arms.map(({ name, set }) => [
        `the arm ${name}`,
        JSON.stringify(Object.fromEntries(Object.entries(set).toSorted(([one], [other]) => (one < other ? -1 : 1)))),
      ]),
    ),
    models: models
      .map(({ name, revision }) => `${name} ${revision.slice(0, 12)}`)
      .toSorted()
      .join(", "),
    prompts: setsOf(head)
      .map(({ name, sha256 }) => `${name} ${sha256.slice(0, 12)}`)
      .join(", "),
    ...Object.fromEntries((head.traces ?? []).map(({ name, sha256 }) => [`the trace ${name}`, sha256.slice(0, 12)])),
    commit: listed(({ record }) => record.provenance.commit),
    browser: listed(({ record }) => record.provenance.browser),
    backend: listed(({ record }) => record.provenance.device.backend),
    adapter: listed(({ record }) => record.provenance.device.adapter),
    cores: listed(({ record }) => record.provenance.cores),
    "the edge": listed(({ record: { provenance } }) =>
      provenance.edge === null ? null : `${provenance.edge.runtime} ${provenance.edge.provider}`,
    ),
  };
}

/** Below it, all ratios on one side of 1 are no rare chance: of five, once in sixteen. */
const ENOUGH_PROMPTS = 6;

/** For a terminal: what is unlike, then one line a comparison. */
export function comparisonText(a: Results, b: Results): string {
  const comparisons = compare(a, b);
  const unlike = unlikenesses(a, b).map((each) => `Unlike: ${each}.`);
  const fewest = Math.min(...comparisons.filter(({ interval }) => interval !== null).map(({ prompts }) => prompts));
  const few =
    fewest < ENOUGH_PROMPTS
      ? [
          `Note: ${fewest} prompts in common are few: an interval over fewer than ${ENOUGH_PROMPTS} is narrower than its 95% says.`,
        ]
      : [];
  if (comparisons.length === 0) return [...unlike, "The two results have no cell in common."].join("\n");
  const lines = comparisons.map(({ cell, measure, a: before, b: after, ratio, interval, verdict }) => {
    const spread = interval === null ? "" : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;
    return `${cell}: ${measureTitle(measure)} ${shown(before, measure)} -> ${shown(after, measure)}, ratio ${ratio === null ? "none" : ratio.toFixed(3)}${spread}: ${verdict}`;
  });
  return [...unlike, ...few, ...lines].join("\n");
}
