/** Stacked bars as rows: their names in lines, their lengths under a look, the height that they need. */
import type { TokenPart } from "#core/run/record.ts";
import type { Bar, Plot } from "#lab/plot/plot.ts";
import { wrapped } from "./area.ts";
import { usedParts } from "../series/legend-entries.tsx";
import type { Look } from "../look.ts";

export type BarPlot = Extract<Plot, { kind: "bars" }>;

/** Letters a line of a bar's name; sizes as times of the letter's. */
const NAME_LETTERS = 17;
export const BAR_ROW = { name: 0.94, gap: 1.5 } as const;

export const barLabel = (label: string): readonly string[] => wrapped(label, NAME_LETTERS);

export const partsShown = (plot: BarPlot, { hidden }: Look): readonly TokenPart[] =>
  usedParts(plot).filter((part) => !hidden.has(part));

export const lengthOf = ({ segments }: Bar, parts: readonly TokenPart[]): number =>
  segments.reduce((sum, { part, ms }) => sum + (parts.includes(part) ? ms : 0), 0);

/** Of the panel with most bars, in pixels. */
export function barsHeight({ panels }: BarPlot, letter: number): number {
  const lines = Math.max(1, ...panels.flatMap(({ bars }) => bars.map(({ label }) => barLabel(label).length)));
  const rows = Math.max(1, ...panels.map(({ bars }) => bars.length));
  return rows * letter * (lines * BAR_ROW.name * 1.12 + BAR_ROW.gap);
}
