/** The marks that points and legends are drawn with: each series and each verdict has a shape of its own beside its colour. */
import type { MapVerdict } from "#lab/plot/plot.ts";
import type { Place } from "../frame/area.ts";
import { INK, PAPER, type SeriesStyle } from "./series.ts";

/** Circle, square, triangle, diamond: told apart without colour. */
export function SeriesMark({ x, y, shape, colour }: Place & { readonly shape: number; readonly colour: string }) {
  const look = { fill: colour, stroke: PAPER, strokeWidth: 1, "data-mark": shape } as const;
  switch (shape % 4) {
    case 1:
      return <rect x={x - 4} y={y - 4} width={8} height={8} {...look} />;
    case 2:
      return <path d={`M${x} ${y - 5}l5 9h-10z`} {...look} />;
    case 3:
      return <path d={`M${x} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z`} {...look} />;
    default:
      return <circle cx={x} cy={y} r={4.4} {...look} />;
  }
}

/** A filled circle wins, a cross loses, a hollow square is a tie, a hollow circle cannot tell. */
export function VerdictMark({ x, y, verdict }: Place & { readonly verdict: MapVerdict }) {
  const hollow = { fill: PAPER, stroke: INK, strokeWidth: 1.8, "data-verdict": verdict } as const;
  switch (verdict) {
    case "wins":
      return <circle cx={x} cy={y} r={5.2} fill="var(--series-2)" stroke={INK} data-verdict={verdict} />;
    case "loses":
      return (
        <g data-verdict={verdict}>
          <path d={crossAt(x, y)} fill="none" stroke={PAPER} strokeWidth={5} />
          <path d={crossAt(x, y)} fill="none" stroke="var(--wrong)" strokeWidth={2.6} />
        </g>
      );
    case "tie":
      return <rect x={x - 4.5} y={y - 4.5} width={9} height={9} {...hollow} />;
    case "too little to tell":
      return <circle cx={x} cy={y} r={4.5} {...hollow} />;
  }
}

const crossAt = (x: number, y: number): string => `M${x - 4.5} ${y - 4.5}l9 9M${x + 4.5} ${y - 4.5}l-9 9`;

/** 34 by 14 pixels around its own middle line. */
export const SWATCH = { width: 34, height: 14 } as const;

export function SeriesSwatch({ style: { colour, dash, width, mark, joined } }: { readonly style: SeriesStyle }) {
  return (
    <>
      {joined && <line x1={1} x2={33} y1={7} y2={7} stroke={colour} strokeWidth={width} strokeDasharray={dash} />}
      {mark !== null && <SeriesMark x={17} y={7} shape={mark} colour={colour} />}
    </>
  );
}

export const AreaSwatch = ({ fill, opacity }: { readonly fill: string; readonly opacity: number }) => (
  <rect
    x={7}
    y={1}
    width={20}
    height={12}
    rx={2}
    fill={fill}
    fillOpacity={opacity}
    stroke="var(--rule-strong)"
    strokeWidth={0.75}
  />
);
