/**
 * The frame of a panel in pixels: how wide and high it is, what its titles and tick labels take,
 * and how many panels stand beside each other. All panels of a plot have the same frame.
 */
import type { Plot } from "#lab/plot/plot.ts";
import { linesIn, textWidth, type Area } from "./area.ts";

export interface PanelFrame {
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  /** Of its letters, in pixels. */
  readonly letter: number;
  readonly area: Area;
  readonly yTitle: readonly string[];
  readonly xTitle: readonly string[];
}

/** Narrower than this a panel says nothing; wider than that rows are hard to follow. */
const LEAST_WIDTH = 300;
const MOST_IN_A_ROW = 3;
const GAP = 16;
const RIGHT = 14;
const PLOT_HEIGHT = 190;
const LETTER = 12;

export interface FrameWish {
  readonly width: number;
  /** Letters of a projected chart are larger than 1. */
  readonly scale: number;
  /** At the left of the panel, as wide as the widest of them. */
  readonly labels: readonly string[];
  /** Rows of bars have the height that they need. */
  readonly plotHeight?: number;
}

export function panelFrame(plot: Plot, { width, scale, labels, plotHeight }: FrameWish): PanelFrame {
  const letter = LETTER * scale;
  const columns = columnsOf(plot, width, scale);
  const panelWidth = Math.floor((width - (columns - 1) * GAP) / columns);
  const left = Math.ceil(Math.max(24, ...labels.map((label) => textWidth(label, letter))) + 10);
  const yTitle = linesIn(plot.kind === "bars" ? "" : plot.yTitle, letter, panelWidth);
  const xTitle = linesIn(plot.kind === "bars" ? plot.yTitle : plot.xTitle, letter, panelWidth - left);
  const titled = plot.panels.some(({ title }) => title !== "");
  const top = Math.ceil((titled ? letter * 1.7 : 0) + yTitle.length * letter * 1.3 + letter);
  const bottom = top + Math.round(plotHeight ?? PLOT_HEIGHT * Math.sqrt(scale) * (columns === 1 ? 1.15 : 1));
  return {
    columns,
    width: panelWidth,
    height: Math.ceil(bottom + letter * 1.8 + xTitle.length * letter * 1.3 + 4),
    letter,
    area: { left, right: panelWidth - RIGHT, top, bottom },
    yTitle,
    xTitle,
  };
}

/** As many as have room, spread over the rows that they need: four panels are two and two, not three and one. */
function columnsOf({ panels, inARow }: Plot, width: number, scale: number): number {
  const room = Math.floor((width + GAP) / (LEAST_WIDTH * scale + GAP));
  const most = Math.max(1, Math.min(panels.length, inARow ?? MOST_IN_A_ROW, room));
  const rows = Math.ceil(panels.length / most);
  return Math.ceil(panels.length / rows);
}

export const PANEL_GAP = GAP;

const rowsOf = ({ panels }: Plot, { columns }: PanelFrame): number => Math.ceil(panels.length / columns);

/** Of all panels, known before any is drawn. */
export const panelsHeight = (plot: Plot, frame: PanelFrame): number =>
  rowsOf(plot, frame) * frame.height + (rowsOf(plot, frame) - 1) * GAP;
