/**
 * Two results side by side. For every cell and measure in both: the ratio of b to a, prompt by
 * prompt, and its interval over prompts. A ratio whose interval holds 1 is noise; where only one
 * prompt was run nothing can be said.
 */
import { bootstrapInterval, type Interval, type Statistic } from "#core/measure/bootstrap.ts";
import { median } from "#core/measure/summary.ts";
import { measureTitle, type MeasureName } from "./measures.ts";
import { shown } from "./plots.ts";
import type { Results } from "./results.ts";
import { cellsIn, figureOf, pairedRatios } from "./summaries.ts";

export interface Comparison {
  readonly cell: string;
  readonly measure: MeasureName;
  readonly a: number;
  readonly b: number;
  /** b / a; null where a is 0 or the prompts differ. */
  readonly ratio: number | null;
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
      return [{ cell: cell.key, measure, a: mine.value, b: theirs.value, ratio: middle(ratios), interval, verdict: verdictOf(interval) }];
    });
  });
}

function verdictOf(interval: Interval | null): Comparison["verdict"] {
  if (interval === null) return "too little to tell";
  return interval.low <= 1 && interval.high >= 1 ? "noise" : "differs";
}

/** For a terminal: one line a comparison. */
export function comparisonText(comparisons: readonly Comparison[]): string {
  if (comparisons.length === 0) return "The two results have no cell in common.";
  return comparisons
    .map(({ cell, measure, a, b, ratio, interval, verdict }) => {
      const spread = interval === null ? "" : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;
      return `${cell}: ${measureTitle(measure)} ${shown(a, measure)} -> ${shown(b, measure)}, ratio ${ratio === null ? "none" : ratio.toFixed(3)}${spread}: ${verdict}`;
    })
    .join("\n");
}
