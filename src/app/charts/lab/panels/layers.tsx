/**
 * What Recharts has no mark for, as layers inside its charts that follow its scales: the titles of
 * a panel, single prompts, names of points, something pointed out, and values beyond the axis.
 */
import { Fragment } from "react";
import { usePlotArea, useXAxisScale, useYAxisScale, ZIndexLayer } from "recharts";
import { tickText } from "#lab/plot/scales.ts";
import type { ValueAxis } from "../../axis/ticks.ts";
import type { Area, Place } from "../frame/area.ts";
import { leadTo, lineHeight, RING, type PlacedWords } from "../words/mark-place.ts";
import { leadOf, type PlacedName } from "../words/name-places.ts";
import type { PanelFrame } from "../frame/panel-frame.ts";
import { beyond } from "../frame/ranges.ts";
import { FAINT, INK, PAPER, type StyledSeries } from "../series/series.ts";

/** Above Recharts' own points (600), below what follows the pointer (1100). */
const LAYERS = { ground: 50, prompts: 350, names: 700, marks: 800, figures: 900, titles: 2000 } as const;

export interface Scales {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Null until Recharts knows its axes. */
export function useScales(): Scales | null {
  const [x, y] = [useXAxisScale(), useYAxisScale()];
  if (x === undefined || y === undefined) return null;
  return { x: (value) => x(value) ?? NaN, y: (value) => y(value) ?? NaN };
}

/** The area inside the axes. */
export function usePanelArea(): Area | null {
  const area = usePlotArea();
  return area === undefined
    ? null
    : { left: area.x, right: area.x + area.width, top: area.y, bottom: area.y + area.height };
}

export const HALO = { stroke: PAPER, strokeWidth: 3, paintOrder: "stroke", strokeLinejoin: "round" } as const;

export function Titles({ title, frame }: { readonly title: string; readonly frame: PanelFrame }) {
  const { letter, area, xTitle, yTitle, width } = frame;
  const line = letter * 1.3;
  const yTop = area.top - letter - yTitle.length * line + letter;
  const xTop = area.bottom + letter * 1.8 + letter;
  return (
    <ZIndexLayer zIndex={LAYERS.titles}>
      {title !== "" && (
        <text x={0} y={letter * 1.1} fontSize={letter * 1.08} fontWeight={600} fill={INK}>
          {title}
        </text>
      )}
      {yTitle.map((said, nth) => (
        <text key={said} x={0} y={yTop + nth * line} fontSize={letter} fill={FAINT}>
          {said}
        </text>
      ))}
      {xTitle.map((said, nth) => (
        <text
          key={said}
          x={(area.left + width) / 2}
          y={xTop + nth * line}
          fontSize={letter}
          fill={FAINT}
          textAnchor="middle"
        >
          {said}
        </text>
      ))}
    </ZIndexLayer>
  );
}

/** Each prompt's own value, as far as the axis reaches. */
export function PromptDots({ series, range }: { readonly series: readonly StyledSeries[]; readonly range: ValueAxis }) {
  const scales = useScales();
  if (scales === null) return null;
  return (
    <ZIndexLayer zIndex={LAYERS.prompts}>
      {series
        .filter(({ role }) => role === "measured")
        .flatMap(({ key, colour, points }) =>
          points.flatMap(({ x, prompts }, at) =>
            prompts
              .filter((value) => value <= range.domain[1])
              .map((value, nth) => (
                <circle
                  key={`${key} ${at} ${nth}`}
                  cx={scales.x(x)}
                  cy={scales.y(Math.max(range.domain[0], value))}
                  r={1.7}
                  fill={colour}
                  opacity={0.38}
                />
              )),
          ),
        )}
    </ZIndexLayer>
  );
}

/** At the top of the axis, a triangle over each place that has values beyond it, with the farthest in words. */
export function BeyondMarks({
  series,
  range,
  letter,
}: {
  readonly series: readonly StyledSeries[];
  readonly range: ValueAxis;
  readonly letter: number;
}) {
  const [scales, area] = [useScales(), usePanelArea()];
  if (scales === null || area === null) return null;
  const found = series.flatMap(({ colour, points }) =>
    points.flatMap((point) => {
      const values = beyond(point, range.domain);
      return values.length === 0 ? [] : [{ x: scales.x(point.x), most: Math.max(...values), colour }];
    }),
  );
  const farthest = found.reduce<(typeof found)[number] | null>(
    (best, each) => (best === null || each.most > best.most ? each : best),
    null,
  );
  return (
    <ZIndexLayer zIndex={LAYERS.marks}>
      {found.map(({ x, colour }, nth) => (
        <path key={nth} d={`M${x} ${area.top - 9}l5 8h-10z`} fill={colour} data-beyond="" />
      ))}
      {farthest !== null && (
        <text
          x={farthest.x + (farthest.x > (area.left + area.right) / 2 ? -8 : 8)}
          y={area.top - 1}
          fontSize={letter * 0.92}
          fill={INK}
          textAnchor={farthest.x > (area.left + area.right) / 2 ? "end" : "start"}
          {...HALO}
        >
          {`${found.length > 1 ? "up to " : ""}${tickText(farthest.most)}`}
        </text>
      )}
    </ZIndexLayer>
  );
}

export function Names({ names, letter }: { readonly names: readonly PlacedName[]; readonly letter: number }) {
  return (
    <ZIndexLayer zIndex={LAYERS.names}>
      {names.map((placed) => {
        const lead = leadOf(placed);
        return lead === null ? null : <Lead key={`${placed.name} ${placed.x}`} {...lead} width={0.7} />;
      })}
      {names.map(({ name, x, at }) => (
        <text
          key={`${name} ${x} ${at.y}`}
          x={at.x}
          y={at.y}
          fontSize={letter}
          fill={INK}
          textAnchor="middle"
          data-name=""
          {...HALO}
        >
          {name}
        </text>
      ))}
    </ZIndexLayer>
  );
}

const Lead = ({ from, to, width }: { readonly from: Place; readonly to: Place; readonly width: number }) => (
  <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} stroke={FAINT} strokeWidth={width} />
);

/** Letters take less than the estimate that keeps room for them: lines end at the words. */
const SPARE = 0.08;

function asWritten({ left, right, top, bottom }: Area): Area {
  const aside = (right - left) * SPARE;
  return { left: left + aside, right: right - aside, top, bottom };
}

export interface PointedOutMark extends Place {
  readonly words: PlacedWords;
}

/** Pointed out: a ring around each place, and its words where they cover least. */
export function PointedOut({ marks, letter }: { readonly marks: readonly PointedOutMark[]; readonly letter: number }) {
  return (
    <ZIndexLayer zIndex={LAYERS.marks}>
      {marks.map(({ words, x, y }) => {
        const lead = leadTo(asWritten(words), { x, y });
        return (
          <Fragment key={`${words.lines.join(" ")} ${x}`}>
            <circle cx={x} cy={y} r={RING} fill="none" stroke={INK} strokeWidth={1.6} />
            {lead !== null && <Lead {...lead} width={1} />}
            {words.lines.map((line, nth) => (
              <text
                key={line}
                x={(words.left + words.right) / 2}
                y={words.top + letter * 0.85 + nth * lineHeight(letter)}
                fontSize={letter}
                fontWeight={600}
                fill={INK}
                textAnchor="middle"
                data-said=""
                {...HALO}
                strokeWidth={4}
              >
                {line}
              </text>
            ))}
          </Fragment>
        );
      })}
    </ZIndexLayer>
  );
}

export { LAYERS };
