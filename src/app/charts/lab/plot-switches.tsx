/** The switches of a plot of points, in the head of its chart: the scale, and values that are far from the rest. */
import type { Plot } from "#lab/plot/plot.ts";
import { Switch } from "../chart-frame.tsx";
import type { Look } from "./look.ts";
import { exact } from "./words/point-text.ts";
import { clippedValues, hasFar, mayBeLog } from "./frame/ranges.ts";

interface Props {
  readonly plot: Plot;
  readonly look: Look;
  readonly onLook: (look: Look) => void;
}

export function PlotSwitches({ plot, look, onLook }: Props) {
  if (plot.kind !== "points") return null;
  return (
    <>
      {hasFar(plot, look) && (
        <Switch on={look.whole} onChange={() => onLook({ ...look, whole: !look.whole })}>
          {look.whole ? "All values in sight" : `Show ${beyondText(clippedValues(plot, look))}`}
        </Switch>
      )}
      {mayBeLog(plot) && (
        <Switch on={look.log} onChange={() => onLook({ ...look, log: !look.log })}>
          Logarithmic
        </Switch>
      )}
    </>
  );
}

const beyondText = (values: readonly number[]): string =>
  values.length === 1
    ? `the value above the axis (${exact(values[0] ?? 0)})`
    : `${values.length} values above the axis (up to ${exact(Math.max(...values))})`;
