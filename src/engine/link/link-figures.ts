/** The figures that planning takes a link to have. */
import { UNSHAPED } from "#core/link/link-model.ts";
import type { LinkTrace } from "#core/link/trace.ts";
import { median } from "#core/measure/summary.ts";
import type { LinkFigures } from "#core/run/config.ts";
import type { LinkSetting } from "./edge-link.ts";

/** A trace changes as it goes: its middle stands for it until it has been measured. */
export function figuresOf({ figures, trace }: Pick<LinkSetting, "figures" | "trace">): LinkFigures {
  return figures ?? (trace === null ? UNSHAPED : middleOf(trace));
}

function middleOf({ rows }: LinkTrace): LinkFigures {
  const of = (pick: (row: LinkTrace["rows"][number]) => number): number => median(rows.map(pick)) ?? 0;
  return {
    uplinkMbps: of((row) => row.uplinkMbps),
    downlinkMbps: of((row) => row.downlinkMbps),
    rttMs: of((row) => row.rttMs),
    jitterMs: of((row) => row.jitterMs),
    loss: of((row) => row.loss),
  };
}
