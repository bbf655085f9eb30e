/**
 * A map of where one way beats another, drawn: a shaded ground that is modelled, the line where
 * both are as fast, and the measured points, whose verdicts differ in shape as well as in colour.
 */
import { PANEL, panelFrame, widthOf } from "./panel-frame.ts";
import type { MapPoint, MapVerdict, Plot } from "./plot.ts";
import { linearScale, logScale, tickText, type Scale } from "./scales.ts";
import { INK, node, round, text, type SvgNode } from "./svg-node.ts";

type MapPlot = Extract<Plot, { kind: "map" }>;
type LegendEntry = { readonly mark: SvgNode; readonly name: string };

const FASTER = "#19699f";
const SLOWER = "#b86e00";
const SHADES = [
  { fill: FASTER, "fill-opacity": 0.46, name: "over 2 times as fast, modelled" },
  { fill: FASTER, "fill-opacity": 0.3, name: "1.25 to 2 times as fast, modelled" },
  { fill: FASTER, "fill-opacity": 0.14, name: "up to 1.25 times as fast, modelled" },
  { fill: SLOWER, "fill-opacity": 0.12, name: "down to 0.8 of its speed, modelled" },
  { fill: SLOWER, "fill-opacity": 0.26, name: "0.8 to 0.5 of its speed, modelled" },
  { fill: SLOWER, "fill-opacity": 0.42, name: "below half its speed, modelled" },
] as const;

export function mapPanels(plot: MapPlot): readonly (readonly SvgNode[])[] {
  const x = linearScale(0, plot.xMost, [PANEL.left, widthOf(plot) - PANEL.right]);
  const y = logScale(...plot.yRange, [PANEL.height - PANEL.bottom, PANEL.top], 2);
  const path = (places: MapPlot["panels"][number]["line"]): string =>
    places.map((place, index) => `${index === 0 ? "M" : "L"}${round(x.at(place.x))} ${round(y.at(place.y))}`).join("");
  return plot.panels.map(({ title, bands, line, points }) => [
    ...panelFrame(
      plot,
      title,
      plot.yTicks.map(({ at, text: said }) => ({ y: y.at(at), text: said })),
    ),
    ...x.ticks.map((tick) =>
      text(x.at(tick), PANEL.height - PANEL.bottom + 16, tickText(tick), { "text-anchor": "middle" }),
    ),
    ...bands.flatMap(({ shade, outline }) => {
      const style = SHADES[shade];
      return style === undefined
        ? []
        : [
            node(
              "path",
              { d: `${path(outline)}Z`, fill: style.fill, "fill-opacity": style["fill-opacity"] },
              node("title", {}, style.name),
            ),
          ];
    }),
    ...(line.length < 2 ? [] : [node("path", { d: path(line), ...LINE })]),
    ...points.flatMap((point) => drawPoint(point, plot, x, y)),
  ]);
}

const LINE = { fill: "none", stroke: INK, "stroke-width": 1.6, "stroke-dasharray": "5 3" } as const;

function drawPoint(point: MapPoint, { arm, against }: MapPlot, x: Scale, y: Scale): readonly SvgNode[] {
  const [cx, cy] = [round(x.at(point.x)), round(y.at(point.y))];
  const said = `${point.x} ms, ${point.y} passes for one: ${arm} ${point.verdict}, ${point.ratio.toFixed(2)} times as fast as ${against}`;
  const label = `${point.ratio.toFixed(2)}\u00d7`;
  const above = cy > PANEL.top + 20; // beside it the next mark may stand
  return [
    verdictMark(point.verdict, cx, cy, said),
    text(Math.max(cx, PANEL.left + 14), above ? cy - 9 : cy + 17, label, {
      "font-size": 10,
      fill: INK,
      "text-anchor": "middle",
    }),
  ];
}

const GROUND = "var(--paper, #ffffff)";

const cross = (x: number, y: number, stroke: string, width: number): SvgNode =>
  node("path", {
    d: `M${x - 4.5} ${y - 4.5}l9 9M${x + 4.5} ${y - 4.5}l-9 9`,
    fill: "none",
    stroke,
    "stroke-width": width,
  });

/** A filled circle wins, a cross loses, a hollow square is a tie, a hollow circle cannot tell. */
function verdictMark(verdict: MapVerdict, x: number, y: number, said = ""): SvgNode {
  const title = said === "" ? [] : [node("title", {}, said)];
  const hollow = { fill: GROUND, stroke: INK, "stroke-width": 1.8 } as const;
  switch (verdict) {
    case "wins":
      return node("circle", { cx: x, cy: y, r: 5, fill: FASTER, stroke: INK, "stroke-width": 1 }, ...title);
    case "loses":
      return node("g", {}, cross(x, y, GROUND, 5), cross(x, y, "#c0392b", 2.6), ...title);
    case "tie":
      return node("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, ...hollow }, ...title);
    case "too little to tell":
      return node("circle", { cx: x, cy: y, r: 4.5, ...hollow }, ...title);
  }
}

export function mapLegend({ panels, arm, against }: MapPlot): readonly LegendEntry[] {
  const verdicts: Readonly<Record<MapVerdict, string>> = {
    wins: `${arm} wins, measured`,
    loses: `${arm} loses, measured`,
    tie: "tie within the interval, measured",
    "too little to tell": "one prompt: too little to tell",
  };
  const names: readonly MapVerdict[] = ["wins", "loses", "tie", "too little to tell"];
  const used = names.filter((verdict) =>
    panels.some(({ points }) => points.some((point) => point.verdict === verdict)),
  );
  const shades = SHADES.filter((_, shade) => panels.some(({ bands }) => bands.some((band) => band.shade === shade)));
  return [
    ...used.map((verdict) => ({ mark: verdictMark(verdict, 16, 0), name: verdicts[verdict] })),
    ...(panels.some(({ line }) => line.length > 1)
      ? [{ mark: node("line", { x1: 2, x2: 30, y1: 0, y2: 0, ...LINE }), name: `as fast as ${against}, modelled` }]
      : []),
    ...shades.map(({ name, ...fill }) => ({
      mark: node("rect", { x: 6, y: -6, width: 20, height: 11, ...fill }),
      name,
    })),
  ];
}
