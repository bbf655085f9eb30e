/** A map of where one way beats another: modelled ground and its line as layers of ours, measured verdicts as points. */
import { CartesianGrid, ComposedChart, Scatter, XAxis, YAxis, ZIndexLayer } from "recharts";
import type { MapPanel as MapData, MapPoint, Plot } from "#lab/plot/plot.ts";
import { tickText } from "#lab/plot/scales.ts";
import { LAYERS, Names, Titles, usePanelArea, useScales, type Scales } from "./layers.tsx";
import { LINE_KEY, shadeKey, verdictMark } from "../series/legend-entries.tsx";
import type { Look } from "../look.ts";
import { BREAK_EVEN, SHADES } from "../series/map-style.ts";
import { namePlaces } from "../words/name-places.ts";
import { NearestPoint } from "./nearest-point.tsx";
import type { Spot } from "./pointed-at.ts";
import { axisRoom, footFromZero, tickLook, type PanelProps } from "../frame/panel-props.ts";
import { exact, INTERVAL_NOTE, valueText, verdictText } from "../words/point-text.ts";
import { VerdictMark } from "../series/symbols.tsx";

type MapPlot = Extract<Plot, { kind: "map" }>;

const NAME = 0.86;

export function MapPanel({ plot, panel, look, frame, live }: PanelProps<MapPlot>) {
  const data = plot.panels[panel];
  if (data === undefined) return null;
  const { margin, yWidth } = axisRoom(frame);
  const { letter } = frame;
  const points = data.points.filter(({ verdict }) => !look.hidden.has(verdict));
  // Without a point Recharts has no axes: then two that nobody sees.
  const corners = [0, plot.xMost].map((x, end) => ({ x, y: plot.yRange[end] }));
  const yText = (at: number): string => plot.yTicks.find((tick) => tick.at === at)?.text ?? tickText(at);
  return (
    <ComposedChart width={frame.width} height={frame.height} margin={margin} accessibilityLayer={false}>
      <CartesianGrid vertical={false} syncWithTicks stroke="var(--rule)" />
      <XAxis dataKey="x" {...footFromZero(plot.xMost, frame)} />
      <YAxis
        dataKey="y"
        type="number"
        scale="log"
        domain={[...plot.yRange]}
        ticks={plot.yTicks.map(({ at }) => at)}
        interval={0}
        width={yWidth}
        tickFormatter={yText}
        tick={tickLook(letter)}
        axisLine={false}
        tickLine={false}
      />
      <Ground data={data} look={look} />
      <Scatter
        data={points.length > 0 ? [...points] : corners}
        isAnimationActive={false}
        shape={({ cx, cy, payload }: VerdictProps) =>
          cx === undefined || cy === undefined || payload?.verdict === undefined ? (
            <g />
          ) : (
            <VerdictMark x={cx} y={cy} verdict={payload.verdict} />
          )
        }
      />
      <Ratios points={points} letter={letter * NAME} />
      <Titles title={data.title} frame={frame} />
      {live && points.length > 0 && <MapPointer points={points} plot={plot} />}
    </ComposedChart>
  );
}

interface VerdictProps {
  readonly cx?: number | undefined;
  readonly cy?: number | undefined;
  readonly payload?: Partial<MapPoint>;
}

function Ground({ data: { bands, line }, look: { hidden } }: { readonly data: MapData; readonly look: Look }) {
  const scales = useScales();
  if (scales === null) return null;
  return (
    <ZIndexLayer zIndex={LAYERS.ground}>
      {bands.map(({ shade, outline }, nth) => {
        const style = SHADES[shade];
        return style === undefined || hidden.has(shadeKey(shade)) ? null : (
          <path
            key={nth}
            d={`${pathOf(outline, scales)}Z`}
            fill={style.fill}
            fillOpacity={style.opacity}
            data-shade={shade}
          />
        );
      })}
      {line.length > 1 && !hidden.has(LINE_KEY) && <path d={pathOf(line, scales)} {...BREAK_EVEN} />}
    </ZIndexLayer>
  );
}

const pathOf = (places: MapData["line"], { x, y }: Scales): string =>
  places.map((place, index) => `${index === 0 ? "M" : "L"}${rounded(x(place.x))} ${rounded(y(place.y))}`).join("");

const rounded = (value: number): number => Math.round(value * 100) / 100;

const ratioText = (ratio: number): string => `${ratio.toFixed(2)}\u00d7`;

/** How many times as fast, beside each mark that has room. */
function Ratios({ points, letter }: { readonly points: readonly MapPoint[]; readonly letter: number }) {
  const [scales, area] = [useScales(), usePanelArea()];
  if (scales === null || area === null) return null;
  const named = points.map(({ x, y, ratio }) => ({ name: ratioText(ratio), x: scales.x(x), y: scales.y(y) }));
  return <Names names={namePlaces(named, area, letter)} letter={letter} />;
}

function MapPointer({
  points,
  plot: { arm, against },
}: {
  readonly points: readonly MapPoint[];
  readonly plot: MapPlot;
}) {
  const scales = useScales();
  if (scales === null) return null;
  const spots = points.map((point): Spot => {
    const { x, y, ratio, interval, modelled, runs, verdict } = point;
    return {
      x: scales.x(x),
      y: scales.y(y),
      readout: {
        title: verdictText(point, arm, against),
        rows: [
          { name: "times as fast", value: valueText({ y: ratio, interval, runs }), mark: verdictMark(verdict) },
          ...(modelled === null ? [] : [{ name: "modelled", value: exact(modelled) }]),
          { name: "round trip", value: `${exact(x)} ms` },
          { name: "passes for one", value: exact(y) },
        ],
        notes: interval === null ? [] : [INTERVAL_NOTE],
      },
    };
  });
  return <NearestPoint spots={spots} />;
}
