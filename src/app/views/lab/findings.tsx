/** What came out: every chart with its table twin, what must be said beside it, and everything to take away. */
import { Button } from "@mantine/core";
import { useMemo } from "react";
import { runsCsv, tokensCsv } from "#lab/csv.ts";
import { drawing, summaryOf } from "#lab/drawing.ts";
import { JUDGEMENT_COLUMNS, judgementRows, judgementText, judgePlanner } from "#lab/judge.ts";
import { bibtex, methodsSentence } from "#lab/methods.ts";
import { plotsOf } from "#lab/plots.ts";
import { reportHtml } from "#lab/report.ts";
import { linesOf, writeLine, type Results } from "#lab/results.ts";
import { caveatsOf } from "#lab/summaries.ts";
import { svgFile } from "#lab/svg-text.ts";
import { saveText } from "../../device/save-text.ts";
import { ChartFrame } from "../charts/frame.tsx";
import css from "./lab.module.css";
import { savePng } from "./save-png.ts";
import { Svg } from "./svg.tsx";

/** Two columns of 85 mm at 300 dots an inch; a slide of full HD. */
const PAPER_PX = 2008;
const SLIDE_PX = 1920;

export function Findings({ results }: { readonly results: Results }) {
  const plots = useMemo(() => plotsOf(results), [results]);
  const judgements = useMemo(() => judgePlanner(results), [results]);
  const caveats = caveatsOf(results);
  const { id } = results.head.experiment;
  return (
    <>
      {caveats.length > 0 && (
        <p className={css["caveats"]}>
          <strong>Beside every figure here:</strong> {caveats.join("; ")}.
        </p>
      )}
      {plots.map((plot, index) => (
        <div key={plot.title} className={css["plot"]}>
          <ChartFrame title={plot.title} note={plot.note} summary={summaryOf(plot)} columns={plot.columns} rows={plot.rows} testId={`plot-${index}`}>
            <Svg node={drawing(plot)} />
          </ChartFrame>
          <div className={css["row"]}>
            <Button size="compact-sm" variant="subtle" onClick={() => saveText(`${id}-${index + 1}.svg`, "image/svg+xml", svgFile(drawing(plot), PAPER_PX).text)}>
              SVG
            </Button>
            <Button size="compact-sm" variant="subtle" onClick={() => void savePng(`${id}-${index + 1}-paper.png`, svgFile(drawing(plot), PAPER_PX))} data-testid={`plot-${index}-paper`}>
              PNG for a paper
            </Button>
            <Button size="compact-sm" variant="subtle" onClick={() => void savePng(`${id}-${index + 1}-slide.png`, svgFile(drawing(plot), SLIDE_PX))}>
              PNG for a slide
            </Button>
          </div>
        </div>
      ))}
      {judgements.length > 0 && (
        <section>
          <h2>The planner, judged</h2>
          <p>{judgementText(judgements)}.</p>
          <Table columns={JUDGEMENT_COLUMNS} rows={judgementRows(judgements)} label="The planner's choices against the best measured" />
        </section>
      )}
      <section>
        <h2>Methods</h2>
        <p>{methodsSentence(results)}</p>
        <pre className={css["cite"]}>{bibtex(results)}</pre>
        <div className={css["row"]}>
          <Button variant="default" onClick={() => saveText(`${id}.jsonl`, "application/x-ndjson", linesOf(results).map(writeLine).join(""))} data-testid="save-results">
            Results (JSON Lines)
          </Button>
          <Button variant="default" onClick={() => saveText(`${id}.runs.csv`, "text/csv", runsCsv(results))}>
            Runs (CSV)
          </Button>
          <Button variant="default" onClick={() => saveText(`${id}.tokens.csv`, "text/csv", tokensCsv(results))}>
            Tokens (CSV)
          </Button>
          <Button variant="default" onClick={() => saveText(`${id}.html`, "text/html", reportHtml(results))}>
            Report (HTML)
          </Button>
        </div>
      </section>
    </>
  );
}

function Table({ columns, rows, label }: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly label: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section className={css["scroll"]} tabIndex={0} aria-label={label}>
      <table className={css["table"]}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.slice(0, 2).join(" ")}>
              {row.map((cell, index) => (
                <td key={columns[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
