/**
 * The bars themselves: a layer of ours inside a chart of Recharts. The chart around it is drawn
 * anew a few times a second at most; this layer takes every token from a context, and of its bars
 * only the last few are drawn again, since those before stand where they stood.
 */
import { createContext, memo, useContext, useMemo } from "react";
import { useActiveTooltipLabel, usePlotArea } from "recharts";
import type { TokenEvent } from "#core/run/record.ts";
import type { ValueAxis } from "../../axis/ticks.ts";
import { NARROW_PX, type DrawBars } from "./bar-paths.ts";
import { bandLeft, placeOf, yOf, type Place, type TokenRange } from "./place.ts";

export interface LiveBars {
  readonly tokens: readonly TokenEvent[];
  readonly draw: DrawBars;
  /** A level across the plot: the median. */
  readonly level: number | null;
  /** The token that something else on the page points at. */
  readonly pointed: number | null;
}

export const LiveBarsContext = createContext<LiveBars>({ tokens: [], draw: () => [], level: null, pointed: null });

/** Bars that are drawn together: few elements, and little to do for one token more. */
const CHUNK = 32;

export function LiveLayer({ range, axis }: { readonly range: TokenRange; readonly axis: ValueAxis }) {
  const { tokens, draw, level, pointed } = useContext(LiveBarsContext);
  const plot = usePlotArea();
  const place = useMemo(() => (plot === undefined ? null : placeOf(plot, range, axis)), [plot, range, axis]);
  if (place === null) return null;
  return (
    <g data-testid="bars">
      <PointedBand place={place} pointed={pointed} />
      {Array.from({ length: Math.ceil(tokens.length / CHUNK) }, (_, nth) => (
        <Bars key={nth} tokens={tokens.slice(nth * CHUNK, (nth + 1) * CHUNK)} draw={draw} place={place} />
      ))}
      {level !== null && (
        <path
          d={`M${place.left} ${yOf(place, level)}H${place.right}`}
          stroke="var(--ink)"
          strokeWidth={1.25}
          strokeDasharray="5 4"
        />
      )}
    </g>
  );
}

interface BarsProps {
  readonly tokens: readonly TokenEvent[];
  readonly draw: DrawBars;
  readonly place: Place;
}

/** Tokens are only ever added, and stay the objects that they are. */
const sameBars = (a: BarsProps, b: BarsProps): boolean =>
  a.draw === b.draw &&
  a.place === b.place &&
  a.tokens.length === b.tokens.length &&
  a.tokens[0] === b.tokens[0] &&
  a.tokens.at(-1) === b.tokens.at(-1);

const Bars = memo(function Bars({ tokens, draw, place }: BarsProps) {
  // Soft edges of neighbours without a gap would show the ground between them.
  const crisp = place.bandPx < NARROW_PX ? "crispEdges" : undefined;
  return draw(tokens, place).map(({ key, fill, d }) =>
    d === "" ? null : <path key={key} d={d} fill={fill} shapeRendering={crisp} />,
  );
}, sameBars);

/** The ground behind the token that is pointed at. */
function PointedBand({ place, pointed }: { readonly place: Place; readonly pointed: number | null }) {
  const label = useActiveTooltipLabel() ?? pointed;
  if (label === null) return null;
  const middle = bandLeft(place, Number(label)) + place.bandPx / 2;
  const width = Math.max(2, place.bandPx);
  if (middle < place.left || middle > place.right) return null;
  return (
    <rect
      x={middle - width / 2}
      y={place.top}
      width={width}
      height={place.bottom - place.top}
      fill="var(--ink)"
      fillOpacity={0.12}
    />
  );
}
