/** What a tier, or the link between two, takes of a token, exactly: means over the decode steps of the run on screen. */
import type { TokenEvent, TokenPart } from "#core/run/record.ts";
import type { Readout } from "../charts/readout/readout.tsx";
import { exactDuration, exactSize } from "../format/units.ts";
import { PART_NAMES, ROW_OF, type Row } from "./timeline.ts";
import { partFill } from "./part-fill.ts";

const TITLES: Readonly<Record<Row, string>> = {
  tab: "This tab, a token",
  link: "The link, a token",
  edge: "The edge server, a token",
};

const PARTS: Readonly<Record<Row, readonly TokenPart[]>> = {
  tab: partsOn("tab"),
  link: partsOn("link"),
  edge: partsOn("edge"),
};

function partsOn(row: Row): readonly TokenPart[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of that table are the parts
  return (Object.keys(ROW_OF) as TokenPart[]).filter((part) => ROW_OF[part] === row);
}

/** Null before there is a decode step. */
export function tierReadout(row: Row, tokens: readonly TokenEvent[]): Readout | null {
  const steps = tokens.slice(1);
  if (steps.length === 0) return null;
  const mean = (of: (token: TokenEvent) => number): number =>
    steps.reduce((sum, token) => sum + of(token), 0) / steps.length;
  const parts = PARTS[row].flatMap((part) => {
    const ms = mean((token) => token[part]);
    return ms > 0
      ? [
          {
            name: PART_NAMES[part],
            value: exactDuration(ms),
            mark: { shape: "area", fill: partFill(part) } as const,
          },
        ]
      : [];
  });
  const crossing =
    row === "link"
      ? [
          { name: "Added by the shaper", value: exactDuration(mean((token) => token.addedMs)) },
          { name: "Up", value: exactSize(mean((token) => token.upBytes)) },
          { name: "Down", value: exactSize(mean((token) => token.downBytes)) },
        ]
      : [];
  if (parts.length === 0) return null;
  return { title: TITLES[row], rows: [...parts, ...crossing], notes: [`Means, n = ${steps.length} decode steps.`] };
}
