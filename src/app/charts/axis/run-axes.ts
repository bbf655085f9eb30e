/** How the axes of a run's charts look: numbers along the foot, round values at the left with their unit above. */
import { tickText } from "#lab/plot/scales.ts";
import { AXIS, TICK, X_AXIS_PX, Y_AXIS_PX } from "./theme.ts";
import type { ValueAxis } from "./ticks.ts";

export const footAxis = (title: string, ticks: readonly number[]) => ({
  type: "number" as const,
  ticks: [...ticks],
  interval: 0 as const,
  height: X_AXIS_PX,
  tick: TICK,
  tickMargin: 4,
  stroke: AXIS.stroke,
  label: { value: title, position: "insideBottom" as const, offset: 2, ...TICK },
});

export const leftAxis = ({ scale, domain, ticks }: ValueAxis, unit: string) => ({
  type: "number" as const,
  scale,
  domain: [...domain],
  allowDataOverflow: true,
  ticks: [...ticks],
  interval: 0 as const,
  width: Y_AXIS_PX,
  tick: TICK,
  tickFormatter: tickText,
  tickMargin: 4,
  tickLine: false,
  axisLine: false,
  label: { value: unit, position: "top" as const, offset: 14, ...TICK },
});
