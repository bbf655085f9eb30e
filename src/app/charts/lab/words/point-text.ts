/** A point in words: its exact value, its interval over prompts, and how much it stands on. */
import type { MapPoint, PlotPoint } from "#lab/plot/plot.ts";

/** Four digits at least, without an exponent; thousands stand apart. */
export function exact(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(8, digits) });
}

/** So many of something, in words. */
const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

export const standsOn = ({ runs, prompts }: { readonly runs: number; readonly prompts: number }): string =>
  `n = ${counted(runs, "run")} over ${counted(prompts, "prompt")}`;

/** A value with its interval over prompts and the runs behind it; a modelled one stands on none. */
export function valueText({ y, interval, runs }: Pick<PlotPoint, "y" | "interval" | "runs">): string {
  const spread = interval === null ? "" : ` [${exact(interval.low)}, ${exact(interval.high)}]`;
  return `${exact(y)}${spread}${runs > 0 ? ` n=${runs}` : ""}`;
}

/** What stands in brackets, where something does. */
export const INTERVAL_NOTE = "In brackets the 95% interval over prompts; n: runs.";

export const verdictText = ({ verdict }: MapPoint, arm: string, against: string): string =>
  ({
    wins: `${arm} wins against ${against}`,
    loses: `${arm} loses against ${against}`,
    tie: `${arm} and ${against}: a tie within the interval`,
    "too little to tell": "One prompt is too little to tell.",
  })[verdict];
