/**
 * A run as it went: time per token over time, one line a cell (its first run), and under it what
 * the shaper added to a round trip, which is the link itself. Both are measured; a point is the
 * mean over the tokens of half a second, so that bursts of a stream do not count as speed.
 */
import { median } from "#core/measure/summary.ts";
import type { RunRecord, TokenEvent } from "#core/run/record.ts";
import { steppedAtCut } from "#core/strategies/table.ts";
import type { Plot, PlotMark, PlotPoint, Series } from "./plot.ts";
import type { Results } from "../results/results.ts";
import { cellsIn, type CellRuns } from "../analysis/summaries.ts";

const BIN_MS = 500;

/** In seconds since the first token. */
const sinceFirst = (record: RunRecord, atMs: number): number => (atMs - (record.tokens[0]?.atMs ?? 0)) / 1000;

const point = (x: number, y: number): PlotPoint => ({ x, y, interval: null, prompts: [], runs: 1, label: null });

export function timelinePlot(title: string, results: Results): Plot {
  const cells = cellsIn(results).flatMap((cell) =>
    cell.runs[0] === undefined ? [] : [{ cell, record: cell.runs[0].record }],
  );
  const speeds = cells.map(({ cell, record }): Series => ({
    name: nameOf(cell),
    role: "measured",
    points: binned(record, msPerToken),
  }));
  const link = linkSeries(cells.map(({ record }) => record));
  return {
    kind: "points",
    logX: false,
    floorY: null,
    title,
    xTitle: "seconds since the first token",
    yTitle: "ms",
    inARow: 1,
    panels: [
      { title: "time per token", series: speeds },
      ...(link.length === 0 ? [] : [{ title: "the link: what a round trip took longer", series: link }]),
    ],
    marks: cells.flatMap(({ record }, index) => movesOf(record, speeds[index])),
    columns: ["arm", "seconds", "ms a token"],
    rows: [...speeds, ...link].flatMap(({ name, points }) =>
      points.map(({ x, y }) => [name, x.toFixed(2), y.toFixed(2)]),
    ),
    note: "One run an arm; a point is the mean over the tokens of half a second. Rings: the cut moved. The lower panel is what the shaper added, measured with every message.",
  };
}

/** Of an arm that asks once a token: elsewhere a token's share of a round trip is not one. */
function linkSeries(records: readonly RunRecord[]): readonly Series[] {
  const asking = records.find(({ resolved }) => resolved !== null && steppedAtCut(resolved.mode));
  if (asking === undefined) return [];
  const points = binned(asking, (tokens) => median(tokens.map(({ addedMs }) => addedMs)));
  return [{ name: "added to a round trip", role: "baseline", points }];
}

const nameOf = ({ arm, varied }: CellRuns): string =>
  [arm, ...Object.entries(varied).map(([key, value]) => `${key} ${String(value)}`)].join(", ");

function binned(
  record: RunRecord,
  of: (tokens: readonly TokenEvent[], seconds: number) => number | null,
): readonly PlotPoint[] {
  const bins = new Map<number, TokenEvent[]>();
  for (const token of record.tokens.slice(1)) {
    const bin = Math.floor((sinceFirst(record, token.atMs) * 1000) / BIN_MS);
    bins.set(bin, [...(bins.get(bin) ?? []), token]);
  }
  const lastAt = (sinceFirst(record, record.tokens.at(-1)?.atMs ?? 0) * 1000) / BIN_MS;
  let before = 0; // bins without a token belong to the next that has some
  return [...bins].flatMap(([bin, tokens]) => {
    const end = Math.min(bin + 1, lastAt); // the last one is over with its last token
    const value = end > before ? of(tokens, ((end - before) * BIN_MS) / 1000) : null;
    before = end;
    return value === null ? [] : [point((bin + 0.5) * (BIN_MS / 1000), value)];
  });
}

/** The whole time shared among its tokens. */
const msPerToken = (tokens: readonly TokenEvent[], seconds: number): number => (seconds * 1000) / tokens.length;

function movesOf(record: RunRecord, series: Series | undefined): readonly PlotMark[] {
  const points = series?.points ?? [];
  return (record.moves ?? []).flatMap(({ atMs, to }) => {
    const x = sinceFirst(record, atMs);
    const near = points.reduce<PlotPoint | null>(
      (best, each) => (best === null || Math.abs(each.x - x) < Math.abs(best.x - x) ? each : best),
      null,
    );
    return near === null ? [] : [{ panel: 0, x: near.x, y: near.y, text: `cut ${to}` }];
  });
}
