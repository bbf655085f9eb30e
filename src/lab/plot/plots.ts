/** Results to plots: cells become points, lines and bars as a chart's declaration asks. `drawing.ts` makes pictures of them. */
import { linkFiguresOf } from "#core/link/choice-figures.ts";
import { median } from "#core/measure/summary.ts";
import { TOKEN_PARTS } from "#core/run/record.ts";
import { mapPlot } from "../analysis/break-even-map.ts";
import type { Chart, Modelled, SettingValue } from "../experiment/experiment.ts";
import { measureNamed, measureTitle, type MeasureName } from "../analysis/measures.ts";
import { modelledSeries } from "../analysis/modelled.ts";
import { bestOfLines, bestWithin } from "../analysis/optimum.ts";
import type { Bar, Plot, PlotPoint, Series } from "./plot.ts";
import { isValid, setNames, type Results, type RunLine } from "../results/results.ts";
import { timelinePlot } from "./timeline-plot.ts";
import { cellsIn, counterpart, figureOf, panelKeys, panelsOf, ratioOf, type CellRuns } from "../analysis/summaries.ts";

export const plotsOf = (results: Results): readonly Plot[] =>
  results.head.experiment.charts.map((chart) => setsBeside(plotOf(chart, results), results));

/** Two prompt sets stand beside each other, whatever else panels differ in below them; three do anyway. */
const setsBeside = (plot: Plot, { head }: Results): Plot =>
  head.promptSets?.length === 2 && plot.panels.length > 2 ? { ...plot, inARow: 2 } : plot;

function plotOf(chart: Chart, results: Results): Plot {
  switch (chart.kind) {
    case "lines":
      return linesPlot(chart, results);
    case "frontier":
      return frontierPlot(chart, results);
    case "timeline":
      return timelinePlot(chart.title, results);
    case "parts":
      return partsPlot(chart, results);
    case "map":
      return mapPlot(chart, results);
  }
}

type Of<K> = Extract<Chart, { kind: K }>;

function linesPlot(chart: Of<"lines">, results: Results): Plot {
  const all = cellsIn(results);
  const keys = panelKeys(all, chart.panels);
  const panels = panelsOf(all, chart.panels).map(({ title, cells }) => ({
    title,
    series: [
      ...(chart.modelled === undefined ? [] : modelledSeries(cells, chart.modelled, results)),
      ...(chart.upper === undefined ? [] : upperSeries(cells, { ...chart, y: chart.upper }, keys, results)),
      ...armSeries(cells, chart, keys, results),
    ],
  }));
  const measured = panels.flatMap(({ title, series }) =>
    series.filter(({ role }) => role !== "modelled").map((each) => ({ panel: title, ...each })),
  );
  const withUnit = (value: number): string =>
    [shown(value, chart.y), measureNamed(chart.y).unit].filter((each) => each !== "").join(" ");
  return {
    kind: "points",
    ...(chart.optimum === undefined ? {} : { marks: bestOfLines(panels, chart.optimum, withUnit) }),
    logX: chart.x === "clients",
    floorY: null,
    title: chart.title,
    xTitle: X_TITLES[chart.x] ?? chart.x,
    yTitle: chart.over === undefined ? measureTitle(chart.y) : `times that of ${chart.over}`,
    panels,
    columns: [...panelColumn(keys), "series", chart.x, measureTitle(chart.y), "95% interval", "prompts", "runs"],
    rows: measured.flatMap(({ panel, name, role, points }) =>
      (role === "baseline" ? points.slice(0, 1) : points).map((point) => [
        ...panelCell(keys, panel),
        name,
        role === "baseline" ? "any" : String(point.x),
        ...cellsOfPoint(point, chart.y),
      ]),
    ),
    note: noteOf(results, chart.modelled === undefined ? "" : MODELLED_NOTES[chart.modelled]),
  };
}

/** What was measured of every arm that has points; one that does not vary the axis lies across it. */
function armSeries(
  cells: readonly CellRuns[],
  chart: Of<"lines">,
  keys: readonly string[],
  results: Results,
): readonly Series[] {
  const drawn = seriesBy(cells, chart, keys)
    .map(({ name, role, cells: members }) => ({ name, role, points: pointsOf(members, chart, results, cells) }))
    .filter(({ points }) => points.length > 0);
  const xs = drawn.flatMap(({ role, points }) => (role === "measured" ? points.map(({ x }) => x) : []));
  return drawn.map((series) =>
    series.role === "baseline" ? { ...series, points: across(series.points, xs) } : series,
  );
}

/** A second measure of every arm that varies the axis. */
const upperSeries = (
  cells: readonly CellRuns[],
  chart: Of<"lines">,
  keys: readonly string[],
  results: Results,
): readonly Series[] =>
  seriesBy(cells, chart, keys).flatMap(({ name, role, cells: members }): readonly Series[] =>
    role === "measured"
      ? [
          {
            name: `${name}, ${measureNamed(chart.y).label.split(", ").at(-1) ?? ""}`,
            role: "upper",
            points: pointsOf(members, chart, results, cells),
            like: name,
          },
        ]
      : [],
  );

/** In the table a panel is a column: by its keys, and its title. */
const panelColumn = (keys: readonly string[]): readonly string[] => (keys.length === 0 ? [] : [keys.join(", ")]);
const panelCell = (keys: readonly string[], title: string): readonly string[] => (keys.length === 0 ? [] : [title]);

const MODELLED_NOTES: Readonly<Record<Modelled, string>> = {
  ttft: " Dashed: modelled from these runs' own compute times.",
  tpot: " Dashed: modelled from these runs' own compute times.",
  "block-efficiency": " Dashed: modelled from these runs' own acceptance rate.",
  waiting: " Short dashes: modelled, a queue at one edge (mean value analysis) from the times of the fewest clients.",
  capacity:
    " Short dashes: modelled, from the draft model's own time a token at the edge and the mean time of a verification there, both with the fewest clients.",
};

const X_TITLES: Readonly<Record<string, string>> = {
  context: "positions in the context",
  cut: "cut: blocks on the device",
  link: "round trip of the link, ms",
  draftLength: "drafted tokens a window",
  clients: "clients of one edge, all but one simulated",
};

/** A line for every arm and every combination of the keys that are neither the axis nor what panels differ in. */
function seriesBy(
  cells: readonly CellRuns[],
  { x }: Of<"lines">,
  panels: readonly string[],
): readonly { readonly name: string; readonly role: "measured" | "baseline"; readonly cells: readonly CellRuns[] }[] {
  const groups = new Map<string, CellRuns[]>();
  for (const cell of cells) {
    const rest = Object.entries(cell.varied).filter(([key]) => key !== x && !panels.includes(key));
    const name = [cell.arm, ...rest.map(([key, value]) => `${key} ${String(value)}`)].join(", ");
    groups.set(name, [...(groups.get(name) ?? []), cell]);
  }
  return [...groups].map(([name, members]) => ({
    name,
    role: x === "context" || members.some(({ varied }) => varied[x] !== undefined) ? "measured" : "baseline",
    cells: members,
  }));
}

function pointsOf(
  cells: readonly CellRuns[],
  { x, y, over }: Of<"lines">,
  results: Results,
  all: readonly CellRuns[],
): readonly PlotPoint[] {
  // What does not vary the axis is a baseline, and drawn from end to end: its own place is of no account.
  if (over !== undefined)
    return cells.flatMap((cell) => pointOver(cell, { x, y, over }, results, all)).sort((a, b) => a.x - b.x);
  const placed =
    x === "context"
      ? cells.flatMap(({ runs }) => byContext(runs))
      : cells.map(({ runs, varied }) => ({ at: varied[x] === undefined ? 0 : placeOf(x, varied[x], runs), runs }));
  return placed.flatMap(({ at, runs }) => pointAt(at, runs, y, results)).sort((a, b) => a.x - b.x);
}

/** The arm itself is 1 by its own measure. */
function pointOver(
  cell: CellRuns,
  { x, y, over }: { readonly x: string; readonly y: MeasureName; readonly over: string },
  results: Results,
  all: readonly CellRuns[],
): readonly PlotPoint[] {
  const at = placeOf(x, Object.entries(cell.varied).find(([key]) => key === x)?.[1], cell.runs);
  if (cell.arm === over) return [{ ...bare(at, 1), runs: cell.runs.length }];
  const other = counterpart(cell, over, all);
  const figure = other === null ? null : ratioOf(y, cell, other, results);
  return figure === null || !Number.isFinite(at)
    ? []
    : [
        {
          x: at,
          y: figure.value,
          interval: figure.interval,
          prompts: [...figure.prompts.values()],
          runs: figure.runs,
          label: null,
        },
      ];
}

function pointAt(
  x: number,
  runs: readonly RunLine[],
  y: MeasureName,
  results: Results,
  label: string | null = null,
): readonly PlotPoint[] {
  const figure = figureOf(y, runs, results);
  if (figure === null || !Number.isFinite(x)) return [];
  return [
    { x, y: figure.value, interval: figure.interval, prompts: [...figure.prompts.values()], runs: figure.runs, label },
  ];
}

/** Runs of prompts of one length together: their context is the prompt and half of what followed. */
function byContext(runs: readonly RunLine[]): readonly { readonly at: number; readonly runs: readonly RunLine[] }[] {
  const groups = new Map<string, RunLine[]>();
  for (const run of runs) {
    const length = /, (\d+) words$/.exec(run.prompt)?.[1] ?? "";
    groups.set(length, [...(groups.get(length) ?? []), run]);
  }
  return [...groups.values()].map((group) => ({
    at: median(group.map(({ record }) => (record.resolved?.promptIds.length ?? NaN) + record.tokens.length / 2)) ?? NaN,
    runs: group,
  }));
}

function placeOf(key: string, value: SettingValue | undefined, runs: readonly RunLine[]): number {
  const record = runs[0]?.record;
  if (key === "cut") return record?.resolved?.cut ?? NaN;
  if (key === "link") return record === undefined ? NaN : linkFiguresOf(record.config.link).rttMs;
  return Number(value ?? NaN);
}

/** A baseline has one value, whatever the axis: drawn from end to end. */
function across(points: readonly PlotPoint[], xs: readonly number[]): readonly PlotPoint[] {
  const [only] = points;
  if (only === undefined || xs.length === 0) return points;
  return [Math.min(...xs), Math.max(...xs)].map((x) => ({ ...only, x }));
}

function frontierPlot(chart: Of<"frontier">, results: Results): Plot {
  const all = cellsIn(results).filter(({ arm }) => arm !== results.head.experiment.reference);
  const keys = panelKeys(all, chart.panels);
  const panels = panelsOf(all, chart.panels).map(({ title, cells }) => ({
    title,
    series: frontierSeries(cells, chart, results),
  }));
  return {
    kind: "points",
    ...(chart.limit === undefined ? {} : { marks: bestWithin(panels, chart.limit.y) }),
    logX: true,
    floorY: chart.floor ?? null,
    title: chart.title,
    xTitle: measureTitle(chart.x),
    yTitle: measureTitle(chart.y),
    panels,
    columns: [
      ...panelColumn(keys),
      chart.label,
      measureTitle(chart.x),
      measureTitle(chart.y),
      "95% interval",
      "prompts",
      "runs",
    ],
    rows: panels.flatMap(({ title, series }) =>
      series
        .filter(({ role }) => role === "measured")
        .flatMap(({ points }) =>
          points.map((point) => [
            ...panelCell(keys, title),
            point.label ?? "",
            shown(point.x, chart.x),
            ...cellsOfPoint(point, chart.y),
          ]),
        ),
    ),
    note: noteOf(
      results,
      ` Joined: what no other is both smaller and better than.${chart.floor === undefined ? "" : ` What is below ${chart.floor} is drawn at it.`}`,
    ),
  };
}

function frontierSeries(cells: readonly CellRuns[], chart: Of<"frontier">, results: Results): readonly Series[] {
  const points = cells.flatMap(({ runs, varied, arm }) => {
    const x = figureOf(chart.x, runs, results)?.value ?? NaN;
    return pointAt(x, runs, chart.y, results, String(varied[chart.label] ?? arm));
  });
  const limit: readonly Series[] =
    chart.limit === undefined
      ? []
      : [{ name: chart.limit.text, role: "limit", points: limitPoints(chart.limit.y, points) }];
  return [
    ...limit,
    { name: "frontier", role: "frontier", points: frontierOf(points) },
    { name: "measured", role: "measured", points },
  ];
}

const bare = (x: number, y: number): PlotPoint => ({ x, y, interval: null, prompts: [], runs: 0, label: null });

const limitPoints = (y: number, points: readonly PlotPoint[]): readonly PlotPoint[] =>
  points.length === 0
    ? []
    : [bare(Math.min(...points.map(({ x }) => x)), y), bare(Math.max(...points.map(({ x }) => x)), y)];

/** From few bytes up: each point that is better than all before it. */
export function frontierOf(points: readonly PlotPoint[]): readonly PlotPoint[] {
  let best = Infinity;
  return [...points]
    .sort((a, b) => a.x - b.x || a.y - b.y)
    .filter(({ y }) => {
      if (y >= best) return false;
      best = y;
      return true;
    });
}

function partsPlot(chart: Of<"parts">, results: Results): Plot {
  const all = cellsIn(results);
  const keys = panelKeys(all, chart.panels);
  const panels = panelsOf(all, chart.panels).map(({ title, cells }) => ({
    title,
    bars: cells.map((cell) => barOf(cell, keys)),
  }));
  const used = TOKEN_PARTS.filter((part) =>
    panels.some(({ bars }) =>
      bars.some(({ segments }) => segments.some((segment) => segment.part === part && segment.ms > 0)),
    ),
  );
  return {
    kind: "bars",
    title: chart.title,
    xTitle: "",
    yTitle: "ms a token",
    panels,
    columns: [
      ...panelColumn(keys),
      "strategy",
      ...used.map((part) => `${part.replace(/Ms$/, "")}, ms`),
      "prompts",
      "runs",
    ],
    rows: panels.flatMap(({ title, bars }) =>
      bars.map(({ label, segments, prompts, runs }) => [
        ...panelCell(keys, title),
        label,
        ...used.map((part) => (segments.find((segment) => segment.part === part)?.ms ?? 0).toFixed(2)),
        String(prompts),
        String(runs),
      ]),
    ),
    note: `${basisOf(results)} A part is the mean over a run's decode steps, of which the median over runs is shown: means, because parts of a mean add up.`,
  };
}

function barOf({ arm, varied, runs }: CellRuns, panels: readonly string[]): Bar {
  const rest = Object.entries(varied).filter(([key]) => !panels.includes(key));
  const segments = TOKEN_PARTS.map((part) => ({
    part,
    ms:
      median(
        runs.flatMap(({ record: { tokens } }) =>
          tokens.length < 2 ? [] : tokens.slice(1).reduce((sum, token) => sum + token[part], 0) / (tokens.length - 1),
        ),
      ) ?? 0,
  }));
  return {
    label: [arm, ...rest.map(([key, value]) => `${key} ${String(value)}`)].join(", "),
    segments,
    prompts: new Set(runs.map(({ prompt }) => prompt)).size,
    runs: runs.length,
  };
}

const cellsOfPoint = (point: PlotPoint, y: MeasureName): readonly string[] => [
  shown(point.y, y),
  point.interval === null ? "" : `${shown(point.interval.low, y)} to ${shown(point.interval.high, y)}`,
  String(point.prompts.length),
  String(point.runs),
];

export const shown = (value: number, measure: MeasureName): string => value.toFixed(measureNamed(measure).decimals);

/** What the figures of a plot stand on. */
function basisOf({ runs: all, head }: Results): string {
  const runs = all.filter(isValid);
  const prompts = new Set(runs.map(({ prompt }) => prompt)).size;
  return `${runs.length} runs over ${prompts} ${prompts === 1 ? "prompt" : "prompts"} of ${setNames(head)}.`;
}

const noteOf = (results: Results, roles: string): string =>
  `${basisOf(results)} Bars: 95% intervals from a bootstrap that resamples prompts; faint dots: single prompts.${roles}`;
