/** Plots from outside the page as files, for whoever writes a report without a page of its own: `npm run bench`. */
import type { Result } from "#core/run/failure.ts";
import type { FigureSize, SvgFile } from "#lab/plot/figure.ts";
import { readPlots } from "#lab/results/recorded.ts";
import { figureOf } from "./figure.tsx";

export function figuresOf(plots: unknown, size: FigureSize): Result<readonly SvgFile[]> {
  const read = readPlots(plots);
  return read.ok ? { ok: true, value: read.value.map((plot) => figureOf(plot, size)) } : read;
}
