/** The panels of a plot beside and under each other: the drawing that the page, a report and a figure file share. */
import { useState, type CSSProperties } from "react";
import type { Plot } from "#lab/plot/plot.ts";
import { ReadoutCard } from "../../readout/readout.tsx";
import { Spoken } from "../../readout/spoken.tsx";
import { BarsPanel } from "./bars-panel.tsx";
import css from "../lab-charts.module.css";
import type { Look } from "../look.ts";
import { MapPanel } from "./map-panel.tsx";
import type { Spot } from "./pointed-at.ts";
import { PANEL_GAP, type PanelFrame } from "../frame/panel-frame.ts";
import type { PanelProps } from "../frame/panel-props.ts";
import { PointedAt } from "./pointed-at.ts";
import { PointsPanel } from "./points-panel.tsx";

interface Props {
  readonly plot: Plot;
  readonly look: Look;
  readonly frame: PanelFrame;
  readonly live: boolean;
}

export function PlotPanels({ plot, look, frame, live }: Props) {
  const style: CSSProperties = {
    gridTemplateColumns: `repeat(${frame.columns}, ${frame.width}px)`,
    gap: PANEL_GAP,
  };
  return (
    <div className={css["panels"]} style={style}>
      {plot.panels.map(({ title }, panel) => (
        <Panel key={title} {...{ plot, panel, look, frame, live }} />
      ))}
    </div>
  );
}

function Panel(props: PanelProps<Plot>) {
  const [pointed, setPointed] = useState<Spot | null>(null);
  return (
    <div className={css["panel"]} data-panel={props.panel} style={readoutRoom(props.frame)}>
      <Spoken>
        <PointedAt value={setPointed}>
          <Kind {...props} />
        </PointedAt>
        {pointed !== null && (
          <div className={css["beside"]} style={besidePlace(pointed, props.frame)}>
            <ReadoutCard readout={pointed.readout} />
          </div>
        )}
      </Spoken>
    </div>
  );
}

/** A readout is no wider than what is drawn. */
const readoutRoom = ({ area }: PanelFrame): CSSProperties => ({ "--readout-room": `${area.right - area.left}px` });

/** On the side of the point that has more room. */
function besidePlace({ x, y }: Spot, { width, height }: PanelFrame): CSSProperties {
  return {
    ...(x > width / 2 ? { right: width - x + 12 } : { left: x + 12 }),
    ...(y > height / 2 ? { bottom: height - y + 12 } : { top: y + 12 }),
    "--readout-room": `${Math.max(x, width - x) - 12}px`,
  };
}

function Kind({ plot, ...rest }: PanelProps<Plot>) {
  switch (plot.kind) {
    case "points":
      return <PointsPanel plot={plot} {...rest} />;
    case "bars":
      return <BarsPanel plot={plot} {...rest} />;
    case "map":
      return <MapPanel plot={plot} {...rest} />;
  }
}
