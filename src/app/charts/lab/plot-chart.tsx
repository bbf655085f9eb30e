/**
 * A plot on the page: its legend of buttons, its switches, and its panels, which come with Recharts
 * and are loaded when the first plot is. Their height is known before, so nothing moves.
 */
import { Button } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { Plot } from "#lab/plot/plot.ts";
import { frameOf } from "./frame-of.ts";
import css from "./lab-charts.module.css";
import type { Look } from "./look.ts";
import { panelsHeight } from "./panel-frame.ts";
import { exact } from "./point-text.ts";
import { clippedValues, hasFar, mayBeLog } from "./ranges.ts";
import { isLong, TimeWindow } from "./time-window.tsx";
import { useWidth } from "./use-width.ts";

const Panels = lazy(async () => ({ default: (await import("./plot-panels.tsx")).PlotPanels }));

interface Props {
  readonly plot: Plot;
  readonly look: Look;
  /** Letters of a projected chart are larger than 1. */
  readonly scale: number;
  readonly onLook: (look: Look) => void;
}

export function PlotChart({ plot, look, scale, onLook }: Props) {
  const { ref, width } = useWidth();
  const frame = width === 0 ? null : frameOf(plot, look, width, scale);
  return (
    <div className={css["plot"]}>
      <Switches plot={plot} look={look} onLook={onLook} />
      <div ref={ref} style={frame === null ? undefined : { minHeight: panelsHeight(plot, frame) }}>
        {frame !== null && (
          <Suspense fallback={null}>
            <Panels plot={plot} look={look} frame={frame} live />
          </Suspense>
        )}
      </div>
      {isLong(plot) && <TimeWindow plot={plot} look={look} onLook={onLook} />}
    </div>
  );
}

type Part = Omit<Props, "scale">;

function Switches({ plot, look, onLook }: Part) {
  if (plot.kind !== "points") return null;
  const far = hasFar(plot, look);
  const clipped = clippedValues(plot, look);
  if (!far && !mayBeLog(plot)) return null;
  return (
    <div className={css["switches"]} data-screen-only="">
      {mayBeLog(plot) && (
        <Button
          size="compact-sm"
          variant="default"
          aria-pressed={look.log}
          onClick={() => onLook({ ...look, log: !look.log })}
        >
          Logarithmic
        </Button>
      )}
      {far && (
        <Button
          size="compact-sm"
          variant="default"
          aria-pressed={look.whole}
          onClick={() => onLook({ ...look, whole: !look.whole })}
        >
          {look.whole ? "All values in sight" : `Show ${beyondText(clipped)}`}
        </Button>
      )}
    </div>
  );
}

const beyondText = (values: readonly number[]): string =>
  values.length === 1
    ? `the value above the axis (${exact(values[0] ?? 0)})`
    : `${values.length} values above the axis (up to ${exact(Math.max(...values))})`;
