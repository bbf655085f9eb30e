/** The report as one file: the lab's text around the charts as this page draws them. */
import type { Plot } from "#lab/plot/plot.ts";
import { reportHtml } from "#lab/results/report.ts";
import type { Results } from "#lab/results/results.ts";
import { saveText } from "../../device/save-text.ts";

export async function saveReport(results: Results, plots: readonly Plot[]): Promise<void> {
  const { figureOf } = await import("../../charts/lab/figure.tsx");
  const figures = plots.map((plot) => figureOf(plot, "report"));
  saveText(`${results.head.experiment.id}.html`, "text/html", reportHtml(results, figures));
}
