/**
 * The panels of a plot on the page, which come with Recharts and are loaded when the first plot is.
 * Their height is known before, so nothing moves. Letters follow the page's own size.
 */
import { lazy, Suspense } from "react";
import type { Plot } from "#lab/plot/plot.ts";
import { frameOf } from "./frame/frame-of.ts";
import css from "./lab-charts.module.css";
import type { Look } from "./look.ts";
import { panelsHeight } from "./frame/panel-frame.ts";
import { isLong, TimeWindow } from "./time-window.tsx";
import { useWidth } from "./frame/use-width.ts";

const Panels = lazy(async () => ({ default: (await import("./panels/plot-panels.tsx")).PlotPanels }));

interface Props {
  readonly plot: Plot;
  readonly look: Look;
  /** Letters of a projected chart are larger than 1. */
  readonly scale: number;
  readonly onLook: (look: Look) => void;
}

export function PlotChart({ plot, look, scale, onLook }: Props) {
  const { ref, width } = useWidth();
  const frame = width === 0 ? null : frameOf(plot, look, width, scale * rootScale());
  return (
    <div className={css["plot"]}>
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

/** The page's letters over the browser's usual ones: a wide screen has larger letters. */
const rootScale = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
