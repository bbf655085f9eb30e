/** A figure with everything that it takes to cite it, check it and make it again: the files of one bundle. */
import { csvTable } from "./csv-table.ts";
import { runsCsv, tokensCsv } from "./csv.ts";
import type { SvgFile } from "../plot/figure.ts";
import { bibtex, methodsSentence } from "./methods.ts";
import { plotsOf } from "../plot/plots.ts";
import { linesOf, writeLine, type Results } from "./results.ts";
import { caveatsOf } from "../analysis/summaries.ts";

export interface BundleFile {
  readonly name: string;
  readonly text: string;
}

/** The chart as whoever can draw has drawn it. */
export interface BundleFigures {
  readonly paper: Pick<SvgFile, "text">;
  readonly slide: Pick<SvgFile, "text">;
}

/** `schema` is the JSON Schema of a line of `records.jsonl`, as `public/schemas` has it. Of the chart at `index` among the experiment's; empty where there is none. */
export function bundleOf(
  results: Results,
  index: number,
  figures: BundleFigures,
  schema: string,
): readonly BundleFile[] {
  const plot = plotsOf(results)[index];
  if (plot === undefined) return [];
  const { command } = results.head;
  return [
    { name: "README.txt", text: readme(results, plot.title, plot.note) },
    { name: "figure-paper.svg", text: figures.paper.text },
    { name: "figure-slide.svg", text: figures.slide.text },
    { name: "figure.csv", text: csvTable(plot.columns, plot.rows) },
    { name: "records.jsonl", text: linesOf(results).map(writeLine).join("") },
    { name: "records.schema.json", text: schema },
    { name: "runs.csv", text: runsCsv(results) },
    { name: "tokens.csv", text: tokensCsv(results) },
    { name: "command.txt", text: `${command}\n` },
    { name: "methods.txt", text: `${methodsSentence(results)}\n` },
    { name: "cite.bib", text: `${bibtex(results)}\n` },
  ];
}

function readme(results: Results, title: string, note: string): string {
  const { experiment, command, startedAt } = results.head;
  const caveats = caveatsOf(results);
  return `${title}
${experiment.title}: ${experiment.question}

${note}
${caveats.length === 0 ? "" : `\nBeside every figure here: ${caveats.join("; ")}.\n`}
Begun ${startedAt} with

    ${command}

figure-*.svg, .png   the figure, at the size of a paper and of a slide
figure.csv           its figures: what the table beside it shows
records.jsonl        every run as it was recorded; the page opens it by drag and drop
records.schema.json  the JSON Schema of its lines
runs.csv, tokens.csv the same as tables, one row a run, one a token, units in the names
methods.txt          how it was measured, for a paper
cite.bib             how to cite the software
`;
}
