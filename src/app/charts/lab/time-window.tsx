/** A window on a long timeline: from and to, by two thumbs; the panels above show what lies between. */
import { Button, RangeSlider } from "@mantine/core";
import type { Plot } from "#lab/plot/plot.ts";
import css from "./lab-charts.module.css";
import type { Look } from "./look.ts";
import { exact } from "./point-text.ts";
import type { PointPlot } from "./series.ts";

/** With more points than these on a line a part of it is worth a look. */
const LONG = 40;
const STEPS = 200;

export const isLong = (plot: Plot): plot is PointPlot =>
  plot.kind === "points" &&
  !plot.logX &&
  plot.panels.some(({ series }) => series.some(({ role, points }) => role === "measured" && points.length > LONG));

interface Props {
  readonly plot: PointPlot;
  readonly look: Look;
  readonly onLook: (look: Look) => void;
}

export function TimeWindow({ plot, look, onLook }: Props) {
  const xs = plot.panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x)));
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  return (
    <div className={css["switches"]} data-screen-only="">
      <RangeSlider
        style={{ flex: "1 1 12rem" }}
        min={from}
        max={to}
        step={(to - from) / STEPS}
        minRange={(to - from) / 20}
        value={[look.window?.[0] ?? from, look.window?.[1] ?? to]}
        onChange={(window) => onLook({ ...look, window })}
        label={(value) => exact(value)}
        thumbFromLabel={`From, ${plot.xTitle}`}
        thumbToLabel={`To, ${plot.xTitle}`}
      />
      <Button
        size="compact-sm"
        variant="default"
        disabled={look.window === null}
        onClick={() => onLook({ ...look, window: null })}
      >
        All of it
      </Button>
    </div>
  );
}
