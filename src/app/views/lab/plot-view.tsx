/** One chart of an experiment with its table, and the files it can be taken away as. */
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import { drawing, summaryOf } from "#lab/plot/drawing.ts";
import { figureFile } from "#lab/plot/figure-file.ts";
import type { Plot } from "#lab/plot/plot.ts";
import { saveText } from "../../device/save-text.ts";
import { useFacts } from "../../lab.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import css from "./lab.module.css";
import { savePng } from "./save-png.ts";
import { Svg } from "./svg.tsx";

/** A projected chart has fewer panels in a row, so its text is larger. */
const PROJECTED_IN_A_ROW = 2;

/** About a phone's own width, so that letters keep their size there. */
const PHONE_WIDTH = 380;

interface Props {
  readonly plot: Plot;
  /** Of its files, without an ending. */
  readonly name: string;
  readonly testId: string;
  readonly children?: ReactNode;
}

export function PlotView({ plot, name, testId, children }: Props) {
  const projector = useFacts("page", (facts) => facts.projector);
  const narrow = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false }) ?? false;
  const node = drawing(
    narrow
      ? { ...plot, inARow: 1, panelWidth: PHONE_WIDTH }
      : projector
        ? { ...plot, inARow: PROJECTED_IN_A_ROW }
        : plot,
  );
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
      >
        <Svg node={node} />
      </ChartFrame>
      <div className={css["row"]}>
        {(["paper", "slide"] as const).flatMap((size) => [
          <Button
            key={`svg-${size}`}
            size="compact-sm"
            variant="subtle"
            onClick={() => saveText(`${name}-${size}.svg`, "image/svg+xml", figureFile(plot, size).text)}
          >
            SVG for a {size}
          </Button>,
          <Button
            key={`png-${size}`}
            size="compact-sm"
            variant="subtle"
            onClick={() => void savePng(`${name}-${size}.png`, figureFile(plot, size))}
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
