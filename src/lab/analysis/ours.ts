/**
 * Our figure beside a paper's: the best cell by a measure, of those within a bound of another, and
 * which cell that is. Another model, other text, another machine: beside each other, not the same.
 */
import type { Ours } from "../experiment/experiment.ts";
import { measureNamed } from "./measures.ts";
import { shown } from "../plot/plots.ts";
import type { Results } from "../results/results.ts";
import { cellsIn, figureOf } from "./summaries.ts";

/** "7.8 times fewer bytes than float16 [interval] (cell)"; in words where none is within the bound; null where nothing was measured. */
export function oursText({ measure, best, within }: Ours, results: Results): string | null {
  const cells = cellsIn(results).flatMap((cell) => {
    const figure = figureOf(measure, cell.runs, results);
    return figure === null ? [] : [{ cell, figure }];
  });
  if (cells.length === 0) return null;
  const allowed = cells.filter(
    ({ cell }) =>
      within === undefined || (figureOf(within.measure, cell.runs, results)?.value ?? Infinity) <= within.most,
  );
  const [first] = allowed;
  if (first === undefined) return "none of ours is within it";
  const { cell, figure } = allowed.reduce(
    (found, each) =>
      (best === "least" ? each.figure.value < found.figure.value : each.figure.value > found.figure.value)
        ? each
        : found,
    first,
  );
  return `${shown(figure.value, measure)}${measureNamed(measure).unit === "" ? "" : ` ${measureNamed(measure).unit}`}, ${cell.key}`;
}
