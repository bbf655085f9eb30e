/**
 * Where drafting on the device beats another way, over the link's round trip and the edge's speed:
 * the points that were measured, each with its own verdict from the ratio prompt by prompt, on a
 * ground that is modelled from these runs' own times, tokens a round and overheads
 * (core/plan/modelled/break-even.ts). A panel of another acceptance rate has a ground only.
 * The other way must pay no round trip a token: edge-only or co-located, which both stream.
 */
import { linkFiguresOf } from "#core/link/choice-figures.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import {
  breakEvenRttMs,
  draftedTpotMs,
  expectedTokens,
  savedOverCost,
  type DraftRound,
} from "#core/plan/modelled/break-even.ts";
import { fitTierLine, type TierLine } from "#core/plan/measured/tier-line.ts";
import type { RunRecord } from "#core/run/record.ts";
import { draftsWindows, draftsWithModel, factsOf, streamsAlone } from "#core/strategies/table.ts";
import type { Chart } from "../experiment/experiment.ts";
import type { MapBand, MapPanel, MapPoint, MapVerdict, Plot } from "../plot/plot.ts";
import { setNames, type Results } from "../results/results.ts";
import { tickText } from "../plot/scales.ts";
import { cellsIn, counterpart, panelsOf, ratioOf, type CellRuns } from "./summaries.ts";

type MapChart = Extract<Chart, { kind: "map" }>;
type MapPlot = Extract<Plot, { kind: "map" }>;

/** How many times as fast: where one shade of the ground ends and the next begins. */
const LEVELS = [2, 1.25, 1, 0.8, 0.5] as const;
/** Loads between the least and the most at which the ground is computed. */
const STEPS = 48;
const ROOM = { x: 1.08, y: 1.3 } as const;

/** What a unit of one way takes: a round of drafting, or a token of what streams. */
interface Costs {
  readonly tokens: number;
  readonly length: number;
  readonly draftMs: number;
  /** Edge compute over the load. */
  readonly edge: TierLine;
  readonly overheadMs: number;
}

export function mapPlot(chart: MapChart, results: Results): Plot {
  const all = cellsIn(results);
  const frame = frameOf(all);
  const measured = measuredPanels(chart, results, all, frame);
  const panels = [...measured, ...supposedPanels(chart, all, frame)];
  return {
    kind: "map",
    title: chart.title,
    xTitle: "round trip of the link, ms",
    ...yAxis(all, frame),
    xMost: frame.xMost,
    yRange: [frame.low, frame.high],
    arm: chart.arm,
    against: chart.against,
    panels,
    columns: [
      "panel",
      "round trip, ms",
      "passes for one",
      "ratio measured",
      "95% interval",
      chart.arm,
      "ratio modelled",
      "modelled break-even round trip, ms",
      "e (tau - 1) / (RTT + g t_draft)",
      "prompts",
      "runs",
    ],
    rows: panels.flatMap((panel) => rowsOf(panel, frame.loads)),
    note: noteOf(
      chart,
      results,
      frame.loads,
      measured.some(({ bands }) => bands.length > 0),
    ),
  };
}

type GroundPanel = MapPanel & Ground;

const measuredPanels = (
  chart: MapChart,
  results: Results,
  all: readonly CellRuns[],
  frame: Frame,
): readonly GroundPanel[] =>
  panelsOf(all, chart.panels).map(({ title, cells }) => {
    const ground = groundOf(costsOf(cells, chart.arm), costsOf(cells, chart.against), frame);
    const alpha = acceptanceOf(cells, chart.arm);
    return {
      title: [title, alpha === null ? "" : `acceptance ${alpha.toFixed(2)}`].filter((part) => part !== "").join(", "),
      ...ground,
      points: pointsOf(cells, chart, results, ground),
    };
  });

/** Of acceptance rates that nobody measured: all times are those of these runs. */
const supposedPanels = (chart: MapChart, all: readonly CellRuns[], frame: Frame): readonly GroundPanel[] =>
  (chart.acceptances ?? []).map((acceptance) => {
    const at = (costs: Costs | null): Costs | null =>
      costs && { ...costs, tokens: costs.length > 0 ? expectedTokens(acceptance, costs.length) : costs.tokens };
    return {
      title: `acceptance ${acceptance} (modelled)`,
      ...groundOf(at(costsOf(all, chart.arm)), at(costsOf(all, chart.against)), frame),
      points: [],
    };
  });

/** In the edge's own time where it also ran by itself, in passes otherwise. */
function yAxis(all: readonly CellRuns[], { loads }: Frame): Pick<MapPlot, "yTitle" | "yTicks"> {
  const alone = costsAlone(all);
  return {
    yTitle: alone === null ? "passes of the edge for one" : "decode step at the edge, ms",
    yTicks: loads.map((load) => ({
      at: load,
      text: alone === null ? String(load) : tickText(Number(edgeMs(alone, load).toPrecision(2))),
    })),
  };
}

interface Frame {
  readonly loads: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly xMost: number;
}

function frameOf(cells: readonly CellRuns[]): Frame {
  const loads = [...new Set(cells.map(({ config }) => config.edgeLoad))].sort((a, b) => a - b);
  const xs = cells.map(({ config }) => linkFiguresOf(config.link).rttMs);
  return {
    loads,
    low: Math.min(...loads, 1000) / ROOM.y,
    high: Math.max(...loads, 1) * ROOM.y,
    xMost: Math.max(...xs, 1) * ROOM.x,
  };
}

const edgeMs = ({ edge }: Costs, load: number): number => edge.fixedMs + edge.perBlockMs * load;
const roundAt = (costs: Costs, load: number): DraftRound => ({ ...costs, verifyMs: edgeMs(costs, load) });
const streamedTpotMs = (costs: Costs, load: number): number => (edgeMs(costs, load) + costs.overheadMs) / costs.tokens;

const costsOf = (cells: readonly CellRuns[], arm: string): Costs | null =>
  costsOfRecords(cells.filter((cell) => cell.arm === arm).flatMap(({ runs }) => runs.map(({ record }) => record)));
/** Of the edge by itself. */
const costsAlone = (cells: readonly CellRuns[]): Costs | null =>
  costsOfRecords(
    cells.flatMap(({ config, runs }) => (streamsAlone(config.mode) ? runs.map(({ record }) => record) : [])),
  );

/** Means, because they add up to the time a token. Null where a run pays for more, or less, than the model has. */
function costsOfRecords(records: readonly RunRecord[]): Costs | null {
  const units = records.flatMap((record) => unitOf(record) ?? []);
  if (units.length === 0 || units.length < records.length) return null;
  const count = units.reduce((sum, unit) => sum + unit.count, 0);
  const mean = (of: (unit: Unit) => number): number => units.reduce((sum, unit) => sum + of(unit), 0) / count;
  const drafted = mean(({ drafted: each }) => each);
  const edge = fitTierLine(units.map((unit) => ({ blocks: unit.load, ms: unit.edgeMs / unit.count }))); // a line over the load as over blocks
  return (
    edge && {
      tokens: mean(({ tokens }) => tokens),
      length: drafted,
      draftMs: drafted === 0 ? 0 : mean(({ draftMs }) => draftMs) / drafted,
      edge,
      overheadMs: mean((unit) => unit.restMs),
    }
  );
}

/** Sums over one run's rounds, or over its tokens where nothing is drafted. */
interface Unit {
  readonly load: number;
  readonly count: number;
  readonly tokens: number;
  readonly drafted: number;
  readonly draftMs: number;
  readonly edgeMs: number;
  readonly restMs: number;
}

function unitOf({ config, tokens, rounds, ...record }: RunRecord): Unit | null {
  const load = config.edgeLoad;
  if (streamsAlone(config.mode)) {
    const tpotMs = tpotOf({ tokens });
    if (tpotMs === null) return null;
    const count = tokens.length - 1;
    const edge = tokens.slice(1).reduce((sum, token) => sum + token.edgeMs, 0);
    return { load, count, tokens: count, drafted: 0, draftMs: 0, edgeMs: edge, restMs: tpotMs * count - edge };
  }
  const later = rounds?.slice(1) ?? []; // the first computes the prompt
  const [first, last] = [rounds?.[0], later.at(-1)];
  if (
    first === undefined ||
    last === undefined ||
    !draftsWindows(config.mode) ||
    !draftsWithModel(config) ||
    config.windows > 1
  )
    return null;
  const sum = (of: (round: (typeof later)[number]) => number): number =>
    later.reduce((total, round) => total + of(round), 0);
  const [drafting, edge] = [sum(({ draftMs }) => draftMs), sum((round) => round.edgeMs)];
  const trips =
    factsOf(config.mode).crosses === "each-window" ? later.length * (record.resolved?.link.figures?.rttMs ?? 0) : 0;
  return {
    load,
    count: later.length,
    tokens: sum(({ gained }) => gained),
    drafted: sum((round) => round.drafted.length),
    draftMs: drafting,
    edgeMs: edge,
    restMs: last.answeredMs - first.answeredMs - drafting - edge - trips,
  };
}

function acceptanceOf(cells: readonly CellRuns[], arm: string): number | null {
  const all = cells
    .filter((cell) => cell.arm === arm)
    .flatMap(({ runs }) => runs.flatMap(({ record }) => record.totals.speculation ?? []));
  const judged = all.reduce((sum, each) => sum + each.judged, 0);
  return judged === 0 ? null : all.reduce((sum, each) => sum + each.accepted, 0) / judged;
}

interface Ground {
  readonly bands: readonly MapBand[];
  readonly line: MapPanel["line"];
  /** Null where nothing could be modelled. */
  readonly model: {
    ratio(rttMs: number, load: number): number;
    breakEvenMs(load: number): number;
    saved(rttMs: number, load: number): number | null;
  } | null;
}

function groundOf(drafting: Costs | null, other: Costs | null, { low, high, xMost }: Frame): Ground {
  if (drafting === null || other === null) return { bands: [], line: [], model: null };
  const loads = Array.from({ length: STEPS + 1 }, (_, step) => low * (high / low) ** (step / STEPS));
  const rttAt = (load: number, times: number): number =>
    breakEvenRttMs(roundAt(drafting, load), streamedTpotMs(other, load), times);
  const within = (rttMs: number): number => Math.min(xMost, Math.max(0, rttMs));
  const edges = [() => 0, ...LEVELS.map((level) => (load: number) => within(rttAt(load, level))), () => xMost];
  const bands = edges.slice(0, -1).flatMap((from, shade): readonly MapBand[] => {
    const to = edges[shade + 1] ?? from;
    if (loads.every((load) => to(load) - from(load) < 1e-9)) return [];
    return [
      {
        shade,
        outline: [
          ...loads.map((load) => ({ x: from(load), y: load })),
          ...loads.toReversed().map((load) => ({ x: to(load), y: load })),
        ],
      },
    ];
  });
  return {
    bands,
    line: loads.flatMap((load) =>
      rttAt(load, 1) < 0 || rttAt(load, 1) > xMost ? [] : [{ x: rttAt(load, 1), y: load }],
    ),
    model: {
      ratio: (rttMs, load) => streamedTpotMs(other, load) / draftedTpotMs(roundAt(drafting, load), rttMs),
      breakEvenMs: (load) => rttAt(load, 1),
      saved: (rttMs, load) =>
        other.length > 0 ? null : savedOverCost(roundAt(drafting, load), edgeMs(other, load), rttMs),
    },
  };
}

function pointsOf(
  cells: readonly CellRuns[],
  { arm, against }: MapChart,
  results: Results,
  { model }: Ground,
): readonly MapPoint[] {
  return cells
    .filter((cell) => cell.arm === arm)
    .flatMap((cell) => {
      const other = counterpart(cell, against, cells);
      const figure = other === null ? null : ratioOf("tpot", other, cell, results);
      if (figure === null) return [];
      const { value: ratio, interval, prompts, runs } = figure;
      const at = { x: linkFiguresOf(cell.config.link).rttMs, y: cell.config.edgeLoad };
      return [
        {
          ...at,
          ratio,
          interval,
          verdict: verdictOf(interval),
          modelled: model?.ratio(at.x, at.y) ?? null,
          breakEvenMs: model?.breakEvenMs(at.y) ?? null,
          saved: model?.saved(at.x, at.y) ?? null,
          prompts: prompts.size,
          runs,
        },
      ];
    });
}

function verdictOf(interval: MapPoint["interval"]): MapVerdict {
  if (interval === null) return "too little to tell";
  return interval.low > 1 ? "wins" : interval.high < 1 ? "loses" : "tie";
}

function rowsOf(
  { title, points, model }: MapPanel & { readonly model: Ground["model"] },
  loads: readonly number[],
): readonly (readonly string[])[] {
  if (points.length === 0)
    return model === null
      ? []
      : loads.map((load) => [
          title,
          "any",
          String(load),
          "",
          "",
          "",
          "",
          model.breakEvenMs(load).toFixed(1),
          "",
          "",
          "",
        ]);
  return points.map((point) => [
    title,
    String(point.x),
    String(point.y),
    point.ratio.toFixed(2),
    point.interval === null ? "" : `${point.interval.low.toFixed(2)} to ${point.interval.high.toFixed(2)}`,
    point.verdict,
    point.modelled?.toFixed(2) ?? "",
    point.breakEvenMs?.toFixed(1) ?? "",
    point.saved?.toFixed(2) ?? "",
    String(point.prompts),
    String(point.runs),
  ]);
}

function noteOf(
  { arm, against }: MapChart,
  { runs, head }: Results,
  loads: readonly number[],
  modelled: boolean,
): string {
  const prompts = new Set(runs.map(({ prompt }) => prompt)).size;
  const ground = modelled
    ? ` Ground and line: modelled, (RTT + g t_draft + t_verify + overhead) / tokens a round against ${against}'s time, all measured in these runs; below 0 ms of break-even no link is short enough.`
    : " No ground: it needs rounds of one window at a time, and another way that streams.";
  return `${runs.length} runs over ${prompts} prompts of ${setNames(head)}. Marks: measured, ${against}'s time a token over ${arm}'s, the median over prompts; a tie is an interval of 95% (bootstrap over prompts) that holds 1. A slower edge is its real pass repeated ${loads.join(", ")} times.${ground}`;
}
