/** What a plot's legend names, in order, with the mark of each; a key is what a click hides. */
import type { ReactNode } from "react";
import { TOKEN_PARTS, type TokenPart } from "#core/run/record.ts";
import type { MapVerdict, Plot } from "#lab/plot/plot.ts";
import { PART_NAMES } from "../../../derive/timeline.ts";
import type { Series } from "../../legend.tsx";
import type { Mark } from "../../readout/mark.tsx";
import { BREAK_EVEN, SHADES } from "./map-style.ts";
import { seriesStyles, type SeriesStyle } from "./series.ts";
import { AreaSwatch, SeriesSwatch, SWATCH, VerdictMark } from "./symbols.tsx";
import { partFill } from "../../../derive/part-fill.ts";

const drawn = (drawing: ReactNode): Mark => ({ shape: "drawn", size: SWATCH, drawing });

export function legendEntries(plot: Plot): readonly Series[] {
  switch (plot.kind) {
    case "points":
      return seriesStyles(plot).map((style) => ({
        key: style.key,
        name: style.name,
        mark: seriesMark(style),
      }));
    case "bars":
      return usedParts(plot).map((part) => ({
        key: part,
        name: PART_NAMES[part],
        mark: partMark(part),
      }));
    case "map":
      return mapEntries(plot);
  }
}

export const seriesMark = (style: SeriesStyle): Mark => drawn(<SeriesSwatch style={style} />);
export const partMark = (part: TokenPart): Mark => drawn(<AreaSwatch fill={partFill(part)} opacity={1} />);
export const verdictMark = (verdict: MapVerdict): Mark => drawn(<VerdictMark x={17} y={7} verdict={verdict} />);

export const usedParts = ({ panels }: Extract<Plot, { kind: "bars" }>): readonly TokenPart[] =>
  TOKEN_PARTS.filter((part) =>
    panels.some(({ bars }) =>
      bars.some(({ segments }) => segments.some((segment) => segment.part === part && segment.ms > 0)),
    ),
  );

const VERDICTS = ["wins", "loses", "tie", "too little to tell"] as const satisfies readonly MapVerdict[];
export const LINE_KEY = "break-even";
export const shadeKey = (shade: number): string => `shade ${shade}`;

function mapEntries({ panels, arm, against }: Extract<Plot, { kind: "map" }>): readonly Series[] {
  const names: Readonly<Record<MapVerdict, string>> = {
    wins: `${arm} wins, measured`,
    loses: `${arm} loses, measured`,
    tie: "tie within the interval, measured",
    "too little to tell": "one prompt: too little to tell",
  };
  const verdicts = VERDICTS.filter((verdict) =>
    panels.some(({ points }) => points.some((point) => point.verdict === verdict)),
  ).map((verdict) => ({
    key: verdict,
    name: names[verdict],
    mark: verdictMark(verdict),
  }));
  const line = panels.some((panel) => panel.line.length > 1)
    ? [
        {
          key: LINE_KEY,
          name: `as fast as ${against}, modelled`,
          mark: drawn(<line x1={1} x2={33} y1={7} y2={7} {...BREAK_EVEN} />),
        },
      ]
    : [];
  const shades = SHADES.flatMap(({ name, fill, opacity }, shade) =>
    panels.some(({ bands }) => bands.some((band) => band.shade === shade))
      ? [{ key: shadeKey(shade), name, mark: drawn(<AreaSwatch fill={fill} opacity={opacity} />) }]
      : [],
  );
  return [...verdicts, ...line, ...shades];
}
