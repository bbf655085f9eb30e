/**
 * A plot: what a chart shows, as numbers. Every point carries its interval over prompts, the
 * single prompts behind it (outliers are shown) and n; what is modelled is another role and never
 * mixed with what was measured. The table twin is part of it.
 */
import type { Interval } from "#core/measure/bootstrap.ts";
import type { TokenPart } from "#core/run/record.ts";

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly interval: Interval | null;
  /** Each prompt's own value. */
  readonly prompts: readonly number[];
  readonly runs: number;
  readonly label: string | null;
}

export interface Series {
  readonly name: string;
  readonly role: "measured" | "upper" | "baseline" | "modelled" | "frontier" | "limit";
  readonly points: readonly PlotPoint[];
  /** The measured series in whose colour this one is drawn. */
  readonly like?: string;
}

export interface Bar {
  readonly label: string;
  readonly segments: readonly { readonly part: TokenPart; readonly ms: number }[];
  readonly prompts: number;
  readonly runs: number;
}

export type MapVerdict = "wins" | "loses" | "tie" | "too little to tell";

/** Two ways compared under one link and one speed of the edge. */
export interface MapPoint {
  /** Round trip, ms; how often the edge's pass is repeated. */
  readonly x: number;
  readonly y: number;
  /** The other's time a token over this one's. */
  readonly ratio: number;
  readonly interval: Interval | null;
  readonly verdict: MapVerdict;
  readonly modelled: number | null;
  readonly breakEvenMs: number | null;
  /** e (tau - 1) / (RTT + g t_draft), against what decodes and streams. */
  readonly saved: number | null;
  readonly prompts: number;
  readonly runs: number;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Modelled: where the ratio lies between two levels; shade 0 is the highest. */
export interface MapBand {
  readonly shade: number;
  readonly outline: readonly Place[];
}

export interface MapPanel {
  readonly title: string;
  readonly bands: readonly MapBand[];
  /** Modelled: where both are as fast. */
  readonly line: readonly Place[];
  readonly points: readonly MapPoint[];
}

/** Something pointed out in a panel: a ring around a point (of bars, around the top of one, by its place) and words beside it. */
export interface PlotMark {
  readonly panel: number;
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

interface PlotText {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** n, spread, what the roles mean. */
  readonly note: string;
  readonly marks?: readonly PlotMark[];
  /** Panels beside each other at most; fewer are drawn larger. */
  readonly inARow?: number;
  /** How wide a panel is drawn, in the drawing's own units: fewer of them make larger letters. */
  readonly panelWidth?: number;
}

export type Plot =
  | (PlotText & {
      readonly kind: "points";
      readonly logX: boolean;
      readonly floorY: number | null;
      readonly panels: readonly { readonly title: string; readonly series: readonly Series[] }[];
    })
  | (PlotText & {
      readonly kind: "bars";
      readonly panels: readonly { readonly title: string; readonly bars: readonly Bar[] }[];
    })
  | (PlotText & {
      readonly kind: "map";
      readonly panels: readonly MapPanel[];
      readonly xMost: number;
      readonly yRange: readonly [number, number];
      readonly yTicks: readonly { readonly at: number; readonly text: string }[];
      readonly arm: string;
      readonly against: string;
    });

/** The chart in words, for those who hear it. */
export const summaryOf = (plot: Plot): string =>
  `${plot.title}. ${plot.yTitle}${plot.xTitle === "" ? "" : ` over ${plot.xTitle}`}. ${plot.rows.length} figures, all in the table.`;
