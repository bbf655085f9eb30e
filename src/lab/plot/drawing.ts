/**
 * Plots to pictures: a tree of SVG elements that the page hands to React and a report writes as
 * text, so that both show the very same chart. Colours are the page's variables with a fallback
 * for a file that stands alone; every series also has a mark and a dash of its own.
 */
import { TOKEN_PARTS, type TokenPart } from "#core/run/record.ts";
import { mapLegend, mapPanels } from "./map-drawing.ts";
import { labelsOf, placedLabels } from "./label-drawing.ts";
import { marksIn, type Taken } from "./mark-drawing.ts";
import { columnsOf, PANEL, panelFrame, widthOf, type PlacedTick } from "./panel-frame.ts";
import type { Bar, Plot, PlotPoint, Series } from "./plot.ts";
import { linearScale, logScale, tickText, type Scale } from "./scales.ts";
import { FAINT, INK, node, round, text, type SvgNode } from "./svg-node.ts";

const LEGEND_ROW = 18;
/** Below it the legend has one name a row. */
const NARROW = 500;
const PALETTE = ["#b86e00", "#19699f", "#3f7d3a", "#8a4fa0", "#a8453c", "#4f6b75", "#93781f", "#2f7f86"] as const;
const DASHES = ["", "6 3", "2 3", "8 3 2 3"] as const;

const PART_COLOURS: Readonly<Record<TokenPart, string>> = {
  deviceMs: "var(--part-device, #d58300)",
  encodeMs: "var(--part-encode, #efbb66)",
  uplinkMs: "var(--part-uplink, #a7adb4)",
  queueMs: "var(--part-queue, #9dc4e2)",
  edgeMs: "var(--part-edge, #19699f)",
  downlinkMs: "var(--part-downlink, #d3d7db)",
  decodeMs: "var(--part-decode, #efbb66)",
  sampleMs: "var(--part-sample, #7c4a00)",
  otherMs: "var(--part-other, #dcd9d1)",
};

export function drawing(plot: Plot): SvgNode {
  const legend = legendOf(plot);
  const columns = columnsOf(plot);
  const panelWidth = widthOf(plot);
  const rows = Math.ceil(plot.panels.length / columns);
  const width = columns * panelWidth;
  const beside = width < NARROW ? 1 : 2;
  const height = rows * PANEL.height + 8 + Math.ceil(legend.length / beside) * LEGEND_ROW;
  const panels = panelsOf(plot);
  return node(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width: "100%",
      role: "img",
      "aria-label": summaryOf(plot),
      "font-family": "var(--font-text, 'IBM Plex Sans', system-ui, sans-serif)",
      "font-size": 12,
    },
    node("title", {}, plot.title),
    ...panels.map((children, index) =>
      node(
        "g",
        { transform: `translate(${(index % columns) * panelWidth} ${Math.floor(index / columns) * PANEL.height})` },
        ...children,
      ),
    ),
    ...legend.map(({ mark, name }, index) => {
      const x = 8 + (index % beside) * (width / 2);
      const y = rows * PANEL.height + 16 + Math.floor(index / beside) * LEGEND_ROW;
      return node("g", { transform: `translate(${x} ${y})` }, mark, text(34, 4, name));
    }),
  );
}

function panelsOf(plot: Plot): readonly (readonly SvgNode[])[] {
  switch (plot.kind) {
    case "points":
      return pointPanels(plot);
    case "bars":
      return barPanels(plot);
    case "map":
      return mapPanels(plot);
  }
}

/** The chart in words, for those who hear it. */
export const summaryOf = (plot: Plot): string =>
  `${plot.title}. ${plot.yTitle}${plot.xTitle === "" ? "" : ` over ${plot.xTitle}`}. ${plot.rows.length} figures, all in the table.`;

type PointPlot = Extract<Plot, { kind: "points" }>;
type BarPlot = Extract<Plot, { kind: "bars" }>;

function pointPanels(plot: PointPlot): readonly (readonly SvgNode[])[] {
  const points = plot.panels.flatMap(({ series }) => series.flatMap((each) => each.points));
  const tops = points.flatMap(({ y, interval, prompts }) => [y, interval?.high ?? y, ...prompts]);
  const bottoms = points.flatMap(({ y, interval, prompts }) => [y, interval?.low ?? y, ...prompts]);
  const upwards: readonly [number, number] = [PANEL.height - PANEL.bottom, PANEL.top];
  const yScale =
    plot.floorY === null
      ? linearScale(Math.min(0, ...bottoms), Math.max(...tops, 0), upwards)
      : logScale(plot.floorY, Math.max(...tops), upwards, 10);
  const xs = points.map(({ x }) => x);
  const across: readonly [number, number] = [PANEL.left + 8, widthOf(plot) - PANEL.right - 8];
  const xScale = plot.logX
    ? logScale(Math.min(...xs), Math.max(...xs), across, 2)
    : linearScale(Math.min(...xs), Math.max(...xs), across);
  const styles = stylesOf(plot);
  return plot.panels.map(({ title, series }, panel) => [
    ...panelFrame(plot, title, ticksOf(yScale)),
    ...xScale.ticks.map((tick) =>
      text(xScale.at(tick), PANEL.height - PANEL.bottom + 16, tickText(tick), { "text-anchor": "middle" }),
    ),
    ...series.flatMap((each) => drawSeries(each, styleOf(each, styles), xScale, yScale)),
    ...marksIn(
      plot,
      panel,
      xScale,
      yScale,
      series.flatMap((each) => takenBy(each, xScale, yScale)),
    ),
  ]);
}

function drawSeries(series: Series, style: number, x: Scale, y: Scale): readonly SvgNode[] {
  const colour = colourOf(series, style);
  const path = series.points
    .map((point, index) => `${index === 0 ? "M" : "L"}${round(x.at(point.x))} ${round(y.at(point.y))}`)
    .join("");
  const joined =
    series.points.length > 1 && !(series.role === "measured" && series.points.some(({ label }) => label !== null));
  const line = joined
    ? [
        node("path", {
          d: path,
          fill: "none",
          stroke: colour,
          "stroke-width": series.role === "measured" ? 1.8 : 1.2,
          "stroke-dasharray": dashOf(series, style),
        }),
      ]
    : [];
  const marks =
    series.role === "measured"
      ? [
          ...series.points.flatMap((point) => drawPoint(point, series.name, colour, style, x, y)),
          ...labelsOf(series.points, x, y),
        ]
      : [];
  return [...line, ...marks];
}

/** Points and their labels weigh more than the lines between them. */
function takenBy({ role, points }: Series, x: Scale, y: Scale): readonly Taken[] {
  const spreads =
    role === "measured"
      ? points.flatMap(({ x: at, interval }) =>
          interval === null
            ? []
            : SPREAD.map((share) => ({
                x: x.at(at),
                y: y.at(interval.low) * (1 - share) + y.at(interval.high) * share,
                weight: 0.4,
              })),
        )
      : [];
  const own = role === "measured" ? points.map((point) => ({ x: x.at(point.x), y: y.at(point.y), weight: 3 })) : [];
  const names =
    role === "measured"
      ? placedLabels(points, x, y).flatMap((label) =>
          [-12, 0, 12].map((by) => ({ x: label.x + by, y: label.y + label.by, weight: 1.5 })),
        )
      : [];
  const weight = role === "measured" ? 0.5 : 0.2;
  const between = points.slice(1).flatMap((point, nth) => {
    const from = points[nth] ?? point;
    return BETWEEN.map((share) => ({
      x: x.at(from.x) * (1 - share) + x.at(point.x) * share,
      y: y.at(from.y) * (1 - share) + y.at(point.y) * share,
      weight,
    }));
  });
  return [...own, ...names, ...spreads, ...between];
}

const SPREAD = [0, 0.5, 1] as const;
const BETWEEN = [0, 0.2, 0.4, 0.6, 0.8, 1] as const;

function drawPoint(
  point: PlotPoint,
  name: string,
  colour: string,
  style: number,
  x: Scale,
  y: Scale,
): readonly SvgNode[] {
  const at = round(x.at(point.x));
  const dots = point.prompts.map((value) =>
    node("circle", { cx: at, cy: round(y.at(value)), r: 1.6, fill: colour, opacity: 0.35 }),
  );
  const bar =
    point.interval === null
      ? []
      : [
          node("line", {
            x1: at,
            x2: at,
            y1: round(y.at(point.interval.low)),
            y2: round(y.at(point.interval.high)),
            stroke: colour,
            "stroke-width": 1.2,
          }),
        ];
  return [
    ...dots,
    ...bar,
    mark(at, round(y.at(point.y)), style, colour, `${point.label ?? name}: ${tickText(point.y)}`),
  ];
}

/** Circle, square, triangle, diamond: told apart without colour. */
function mark(x: number, y: number, style: number, colour: string, said = ""): SvgNode {
  const title = said === "" ? [] : [node("title", {}, said)];
  switch (style % 4) {
    case 1:
      return node("rect", { x: x - 3.5, y: y - 3.5, width: 7, height: 7, fill: colour }, ...title);
    case 2:
      return node("path", { d: `M${x} ${y - 4.5}l4.5 8h-9z`, fill: colour }, ...title);
    case 3:
      return node("path", { d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z`, fill: colour }, ...title);
    default:
      return node("circle", { cx: x, cy: y, r: 3.8, fill: colour }, ...title);
  }
}

function barPanels(plot: BarPlot): readonly (readonly SvgNode[])[] {
  const most = Math.max(1e-9, ...plot.panels.flatMap(({ bars }) => bars.map(heightOf)));
  const yScale = linearScale(0, most * 1.1, [PANEL.height - PANEL.bottom, PANEL.top]);
  return plot.panels.map(({ title, bars }, panel) => {
    const step = (widthOf(plot) - PANEL.left - PANEL.right) / Math.max(1, bars.length);
    const drawn = bars.flatMap((bar, index) => drawBar(bar, PANEL.left + index * step, step, yScale));
    return [
      ...panelFrame(plot, title, ticksOf(yScale)),
      ...drawn,
      ...marksIn(
        plot,
        panel,
        { at: (x) => PANEL.left + (x + 0.5) * step },
        yScale,
        bars.map((bar, index) => ({
          x: PANEL.left + (index + 0.5) * step,
          y: yScale.at(heightOf(bar)) - 8,
          weight: 3,
        })),
      ),
    ];
  });
}

const ticksOf = (scale: Scale): readonly PlacedTick[] =>
  scale.ticks.map((tick) => ({ y: scale.at(tick), text: tickText(tick) }));

const heightOf = ({ segments }: Bar): number => segments.reduce((sum, { ms }) => sum + ms, 0);

function drawBar(bar: Bar, x: number, step: number, y: Scale): readonly SvgNode[] {
  let below = 0;
  const segments = bar.segments.flatMap(({ part, ms }) => {
    if (ms <= 0) return [];
    const from = below;
    below += ms;
    return [
      node(
        "rect",
        {
          x: round(x + step * 0.15),
          y: round(y.at(below)),
          width: round(step * 0.7),
          height: round(y.at(from) - y.at(below)),
          fill: PART_COLOURS[part],
        },
        node("title", {}, `${bar.label}: ${part.replace(/Ms$/, "")} ${ms.toFixed(2)} ms`),
      ),
    ];
  });
  const middle = x + step / 2;
  return [
    ...segments,
    text(round(middle), round(y.at(below)) - 4, `${below.toFixed(1)} ms`, {
      "text-anchor": "middle",
      "font-size": 10,
      fill: INK,
    }),
    text(round(middle), PANEL.height - PANEL.bottom + 15, bar.label, { "text-anchor": "middle", "font-size": 10 }),
  ];
}

const styleKey = ({ name, role }: Series): string => `${role} ${name}`;

/** The same series has the same look in every panel. */
function stylesOf(plot: PointPlot): ReadonlyMap<string, number> {
  const named = plot.panels.flatMap(({ series }) =>
    series.filter(({ role }) => role === "measured" || role === "baseline").map(styleKey),
  );
  return new Map([...new Set(named)].map((key, index) => [key, index]));
}

const styleOf = (series: Series, styles: ReadonlyMap<string, number>): number =>
  styles.get(series.like === undefined ? styleKey(series) : `measured ${series.like}`) ?? 0;

const colourOf = ({ role, like }: Series, style: number): string =>
  role === "measured" || role === "baseline" || like !== undefined ? (PALETTE[style % PALETTE.length] ?? INK) : FAINT;

function dashOf({ role }: Series, style: number): string {
  if (role === "modelled") return "4 4";
  if (role === "upper") return "9 3";
  if (role === "limit") return "1 3";
  return role === "baseline" ? (DASHES[1 + (style % 3)] ?? "") : "";
}

function legendOf(plot: Plot): readonly { readonly mark: SvgNode; readonly name: string }[] {
  if (plot.kind === "map") return mapLegend(plot);
  if (plot.kind === "bars") {
    const used = TOKEN_PARTS.filter((part) =>
      plot.panels.some(({ bars }) =>
        bars.some(({ segments }) => segments.some((segment) => segment.part === part && segment.ms > 0)),
      ),
    );
    return used.map((part) => ({
      name: part.replace(/Ms$/, ""),
      mark: node("rect", { x: 6, y: -6, width: 20, height: 11, fill: PART_COLOURS[part] }),
    }));
  }
  const styles = stylesOf(plot);
  const series = new Map(plot.panels.flatMap((panel) => panel.series.map((each) => [styleKey(each), each] as const)));
  return [...series.values()].map((each) => {
    const style = styleOf(each, styles);
    const colour = colourOf(each, style);
    const line = node("line", {
      x1: 2,
      x2: 30,
      y1: 0,
      y2: 0,
      stroke: colour,
      "stroke-width": 1.6,
      "stroke-dasharray": dashOf(each, style),
    });
    return {
      name: each.role === "baseline" ? `${each.name} (baseline)` : each.name,
      mark: node("g", {}, line, ...(each.role === "measured" ? [mark(16, 0, style, colour)] : [])),
    };
  });
}
