/** The window on a long timeline: two handles on a rail; the panels above show what lies between. */
import type { Plot } from "#lab/plot/plot.ts";
import { Switch } from "../chart-frame.tsx";
import css from "../run/run.module.css";
import type { Look } from "./look.ts";
import { exact } from "./words/point-text.ts";
import type { PointPlot } from "./series/series.ts";

/** With more points than these on a line a part of it is worth a look. */
const LONG = 40;
const STEPS = 200;
/** A window is at least this share of the whole. */
const LEAST = 0.05;

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
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const [from, to] = look.window ?? [least, most];
  const apart = (most - least) * LEAST;
  const choose = (next: readonly [number, number]): void => onLook({ ...look, window: next });
  const share = (x: number): string => `${(100 * (x - least)) / (most - least)}%`;
  const handle = { min: least, max: most, step: (most - least) / STEPS };
  return (
    <div className={css["brush"]} data-testid="time-window">
      <div className={css["rail"]} aria-hidden>
        <i style={{ left: share(from), width: share(least + to - from) }} />
      </div>
      <input
        type="range"
        {...handle}
        aria-label={`From, ${plot.xTitle}`}
        aria-valuetext={exact(from)}
        value={from}
        onChange={({ currentTarget }) => choose([Math.min(currentTarget.valueAsNumber, to - apart), to])}
      />
      <input
        type="range"
        {...handle}
        aria-label={`To, ${plot.xTitle}`}
        aria-valuetext={exact(to)}
        value={to}
        onChange={({ currentTarget }) => choose([from, Math.max(currentTarget.valueAsNumber, from + apart)])}
      />
      <p className={css["brushed"]}>
        {exact(from)} to {exact(to)} ({plot.xTitle})
        {look.window !== null && (
          <Switch on={false} onChange={() => onLook({ ...look, window: null })}>
            Show all
          </Switch>
        )}
      </p>
    </div>
  );
}
