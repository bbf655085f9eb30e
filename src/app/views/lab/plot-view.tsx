/** One chart of an experiment with its table, and the files it can be taken away as. */
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { FigureSize } from "#lab/plot/figure.ts";
import { summaryOf, type Plot } from "#lab/plot/plot.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { legendEntries } from "../../charts/lab/series/legend-entries.tsx";
import { firstLook } from "../../charts/lab/first-look.ts";
import { PlotChart } from "../../charts/lab/plot-chart.tsx";
import { PlotSwitches } from "../../charts/lab/plot-switches.tsx";
import { Legend, toggled } from "../../charts/legend.tsx";
import { saveText } from "../../device/save-text.ts";
import { useFacts } from "../../lab.ts";
import css from "./lab.module.css";
import { savePng } from "./save-png.ts";

/** Letters of a projected chart over those of a page. */
const LARGE = 1.5;

interface Props {
  readonly plot: Plot;
  /** Of its files, without an ending. */
  readonly name: string;
  readonly testId: string;
  readonly children?: ReactNode;
}

export function PlotView({ plot, name, testId, children }: Props) {
  const largeText = useFacts("page", (facts) => facts.largeText);
  const [look, setLook] = useState(() => firstLook(plot));
  const drawnAs = async (size: FigureSize) => (await import("../../charts/lab/figure.tsx")).figureOf(plot, size, look);
  return (
    <div className={css["plot"]}>
      <ChartFrame
        title={plot.title}
        note={plot.note}
        summary={summaryOf(plot)}
        columns={plot.columns}
        rows={plot.rows}
        testId={testId}
        lane={null}
        controls={<PlotSwitches plot={plot} look={look} onLook={setLook} />}
        legend={
          <Legend
            series={legendEntries(plot)}
            hidden={look.hidden}
            onToggle={(key) => setLook({ ...look, hidden: toggled(look.hidden, key) })}
          />
        }
      >
        <PlotChart plot={plot} look={look} scale={largeText ? LARGE : 1} onLook={setLook} />
      </ChartFrame>
      <div className={css["row"]}>
        {(["paper", "slide"] as const).flatMap((size) => [
          <Button
            key={`svg-${size}`}
            size="compact-sm"
            variant="subtle"
            onClick={() =>
              void drawnAs(size).then(({ text }) => saveText(`${name}-${size}.svg`, "image/svg+xml", text))
            }
            data-testid={`${testId}-${size}-svg`}
          >
            SVG for a {size}
          </Button>,
          <Button
            key={`png-${size}`}
            size="compact-sm"
            variant="subtle"
            onClick={() => void drawnAs(size).then((figure) => savePng(`${name}-${size}.png`, figure))}
            data-testid={`${testId}-${size}`}
          >
            PNG for a {size}
          </Button>,
        ])}
        {children}
      </div>
    </div>
  );
}
