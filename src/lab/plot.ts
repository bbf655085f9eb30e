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
  readonly role: "measured" | "baseline" | "modelled" | "frontier" | "limit";
  readonly points: readonly PlotPoint[];
  /** The measured series in whose colour a modelled one is drawn. */
  readonly like?: string;
}

export interface Bar {
  readonly label: string;
  readonly segments: readonly { readonly part: TokenPart; readonly ms: number }[];
  readonly prompts: number;
  readonly runs: number;
}

interface PlotText {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** n, spread, what the roles mean. */
  readonly note: string;
}

export type Plot =
  | (PlotText & { readonly kind: "points"; readonly logX: boolean; readonly floorY: number | null; readonly panels: readonly { readonly title: string; readonly series: readonly Series[] }[] })
  | (PlotText & { readonly kind: "bars"; readonly panels: readonly { readonly title: string; readonly bars: readonly Bar[] }[] });
