/** What every kind of panel is drawn from. */
import { linearScale, tickText } from "#lab/plot/scales.ts";
import type { Look } from "../look.ts";
import type { PanelFrame } from "./panel-frame.ts";

export interface PanelProps<P> {
  readonly plot: P;
  /** Its place among the plot's panels. */
  readonly panel: number;
  readonly look: Look;
  readonly frame: PanelFrame;
  /** On the page, with pointer and keyboard; a file has neither. */
  readonly live: boolean;
}

/** Room for tick labels under the axis, times the size of letters. */
const TICKS_HIGH = 1.8;

/** Where Recharts puts its axes so that the plot's area is the frame's. */
export const axisRoom = ({ width, height, area, letter }: PanelFrame) => ({
  margin: { left: 0, top: area.top, right: width - area.right, bottom: height - area.bottom - letter * TICKS_HIGH },
  xHeight: letter * TICKS_HIGH,
  yWidth: area.left,
});

export const AXIS_LOOK = { stroke: "var(--rule-strong)" } as const;
export const tickLook = (letter: number) => ({ fontSize: letter, fill: "var(--ink-faint)" });

/** Recharts' axis of numbers from 0 to `most` at the foot of a panel. */
export const footFromZero = (most: number, { letter }: PanelFrame) => ({
  type: "number" as const,
  domain: [0, most],
  ticks: [...linearScale(0, most, [0, 1]).ticks],
  interval: 0,
  height: letter * TICKS_HIGH,
  tickFormatter: tickText,
  tick: tickLook(letter),
  ...AXIS_LOOK,
});
