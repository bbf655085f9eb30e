/** What came out: every chart with its table twin, what must be said beside it, and everything to take away. */
import { Button } from "@mantine/core";
import { useMemo } from "react";
import { runsCsv, tokensCsv } from "#lab/results/csv.ts";
import { JUDGEMENT_COLUMNS, judgementRows, judgementText, judgePlanner } from "#lab/analysis/judge.ts";
import { bibtex, methodsSentence } from "#lab/results/methods.ts";
import { plotsOf } from "#lab/plot/plots.ts";
import { linesOf, writeLine, type Results } from "#lab/results/results.ts";
import { caveatsOf } from "#lab/analysis/summaries.ts";
import { saveText } from "../../device/save-text.ts";
import { DataTable } from "../../charts/data-table.tsx";
import { Words } from "../term/words.tsx";
import css from "./lab.module.css";
import { PlotView } from "./plot-view.tsx";
import { saveBundle } from "./save-bundle.ts";
import { saveReport } from "./save-report.ts";

export function Findings({ results }: { readonly results: Results }) {
  const plots = useMemo(() => plotsOf(results), [results]);
  const judgements = useMemo(() => judgePlanner(results), [results]);
  const caveats = caveatsOf(results);
  const { id } = results.head.experiment;
  return (
    <>
      {caveats.length > 0 && (
        <p className={css["caveats"]}>
          <strong>Beside every figure here:</strong> <Words>{`${caveats.join("; ")}.`}</Words>
        </p>
      )}
      {plots.map((plot, index) => (
        <PlotView key={plot.title} plot={plot} name={`${id}-${index + 1}`} testId={`plot-${index}`}>
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => void saveBundle(results, plot, index)}
            data-testid={`plot-${index}-bundle`}
          >
            Everything to cite it (zip)
          </Button>
        </PlotView>
      ))}
      {judgements.length > 0 && (
        <section>
          <h2>The planner, judged</h2>
          <p>
            <Words>{`${judgementText(judgements)}.`}</Words>
          </p>
          <DataTable
            columns={JUDGEMENT_COLUMNS}
            rows={judgementRows(judgements)}
            label="The planner's choices against the best measured"
          />
        </section>
      )}
      <section>
        <h2>Methods</h2>
        <p>
          <Words>{methodsSentence(results)}</Words>
        </p>
        <pre className={css["cite"]}>{bibtex(results)}</pre>
        <div className={css["row"]}>
          <Button
            variant="default"
            onClick={() => saveText(`${id}.jsonl`, "application/x-ndjson", linesOf(results).map(writeLine).join(""))}
            data-testid="save-results"
          >
            Results (JSON Lines)
          </Button>
          <Button variant="default" onClick={() => saveText(`${id}.runs.csv`, "text/csv", runsCsv(results))}>
            Runs (CSV)
          </Button>
          <Button variant="default" onClick={() => saveText(`${id}.tokens.csv`, "text/csv", tokensCsv(results))}>
            Tokens (CSV)
          </Button>
          <Button variant="default" onClick={() => void saveReport(results, plots)} data-testid="save-report">
            Report (HTML)
          </Button>
        </div>
      </section>
    </>
  );
}
