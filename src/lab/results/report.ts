/** Results as one HTML file that needs nothing else: charts as inline SVG, every figure as a table, provenance, and the command that makes it again. */
import type { SvgFile } from "../plot/figure.ts";
import { JUDGEMENT_COLUMNS, judgementRows, judgementText, judgePlanner } from "../analysis/judge.ts";
import { measureTitle } from "../analysis/measures.ts";
import { bibtex, methodsSentence } from "./methods.ts";
import { oursText } from "../analysis/ours.ts";
import { plotsOf, shown } from "../plot/plots.ts";
import type { Plot } from "../plot/plot.ts";
import type { Results } from "./results.ts";
import { caveatsOf, cellsIn, figureOf } from "../analysis/summaries.ts";

/** `figures` are the experiment's charts as the page draws them, one a chart. */
export function reportHtml(results: Results, figures: readonly Pick<SvgFile, "text">[]): string {
  const { experiment, command, startedAt } = results.head;
  const caveats = caveatsOf(results);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(experiment.title)} \u00b7 Cutlayer</title>
<style>${STYLE}</style>
</head>
<body>
<header><p>Cutlayer, experiment ${experiment.number === 0 ? "" : experiment.number}</p><h1>${escaped(experiment.title)}</h1><p class="question">${escaped(experiment.question)}</p></header>
${caveats.length === 0 ? "" : `<p class="caveats"><strong>Beside every figure here:</strong> ${caveats.map(escaped).join("; ")}.</p>`}
${plotsOf(results)
  .map((plot, index) => plotHtml(plot, figures[index]?.text ?? ""))
  .join("\n")}
<section><h2>All figures</h2>${measuresHtml(results)}</section>
${plannerHtml(results)}
<section><h2>What to notice</h2><ul>${experiment.notice.map((each) => `<li>${escaped(each)}</li>`).join("")}</ul></section>
<section><h2>Source</h2>${sourcesHtml(results)}</section>
<section><h2>Methods</h2><p>${escaped(methodsSentence(results))}</p><p>Begun ${escaped(startedAt)}. The same again:</p><pre>${escaped(command)}</pre><pre>${escaped(bibtex(results))}</pre></section>
${failedHtml(results)}
</body>
</html>
`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STYLE = `body{font:16px/1.5 "IBM Plex Sans",system-ui,sans-serif;max-width:66rem;margin:2rem auto;padding:0 1.2rem;color:#16191d;background:#fbfaf7}
h1{font-size:2rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .4rem}.question{font-size:1.2rem}.caveats{background:#fbefd0;padding:.6rem .9rem}
table{border-collapse:collapse;font-size:.85rem}th,td{padding:.15rem .8rem .15rem 0;text-align:right;white-space:nowrap}th{font-weight:400;color:#454b52}th:first-child,td:first-child{text-align:left}tbody tr{border-top:1px solid #dedbd3}
svg{width:100%;height:auto}.scroll{overflow-x:auto}.note{color:#62686f;font-size:.85rem}pre{background:#fff;border:1px solid #dedbd3;padding:.6rem;overflow-x:auto}@media print{body{background:#fff;margin:0;max-width:none}summary{display:none}details::details-content{content-visibility:visible;block-size:auto}svg,tr{break-inside:avoid}.scroll{overflow:visible}}`;

const tableHtml = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="scroll"><table><thead><tr>${columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join("")}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`).join("")}</tbody></table></div>`;

/** The figure has its note in it, for those who take it out of here. */
const plotHtml = (plot: Plot, figure: string): string =>
  `<section><h2>${escaped(plot.title)}</h2>${figure}<details><summary>As a table</summary>${tableHtml(plot.columns, plot.rows)}</details></section>`;

function plannerHtml(results: Results): string {
  const judgements = judgePlanner(results);
  if (judgements.length === 0) return "";
  return `<section><h2>The planner, judged</h2><p>${escaped(judgementText(judgements))}.</p>${tableHtml(JUDGEMENT_COLUMNS, judgementRows(judgements))}</section>`;
}

/** Every cell with every measure that it has, with its interval. */
function measuresHtml(results: Results): string {
  const { measures } = results.head.experiment;
  const rows = cellsIn(results).map((cell) => [
    cell.key,
    ...measures.map((name) => {
      const figure = figureOf(name, cell.runs, results);
      if (figure === null) return "";
      return `${shown(figure.value, name)}${figure.interval === null ? "" : ` [${shown(figure.interval.low, name)}, ${shown(figure.interval.high, name)}]`}`;
    }),
    String(cell.runs.length),
  ]);
  return tableHtml(["cell", ...measures.map(measureTitle), "runs"], rows);
}

/** The paper's values, with ours beside. */
function sourcesHtml(results: Results): string {
  return results.head.experiment.source
    .map(({ text, url, values = [] }) => {
      const link = url === undefined ? "" : ` <a href="${escaped(url)}">${escaped(url)}</a>`;
      const rows = values.map(({ what, theirs, ours }) => [
        what,
        theirs,
        ours === undefined ? "" : (oursText(ours, results) ?? ""),
      ]);
      return `<p>${escaped(text)}${link}</p>${rows.length === 0 ? "" : tableHtml(["what", "theirs", "ours"], rows)}`;
    })
    .join("");
}

function failedHtml({ failed, skipped }: Results): string {
  if (failed.length + skipped.length === 0) return "";
  const rows = [
    ...skipped.map(({ key, failure }) => [key, "cannot be", failure.code]),
    ...failed.map(({ cell, prompt, failure }) => [`${cell}, ${prompt}`, "failed", failure.code]),
  ];
  return `<section><h2>What did not run</h2>${tableHtml(["cell", "what", "code"], rows)}</section>`;
}
