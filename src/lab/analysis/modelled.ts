/**
 * Lines to lie beneath what was measured. The planner's over the cut: both tiers' compute times
 * fitted to all of these runs, the link's part from its figures alone. Block efficiency over the
 * draft length: (1 - a^(g+1)) / (1 - a) for the acceptance rate a of these runs.
 * Over the clients of one edge: the queue before it (core/plan/modelled/waiting.ts), and what drafting on the
 * device spares it (core/plan/modelled/break-even.ts).
 * Source: Leviathan et al., Fast Inference from Transformers via Speculative Decoding, ICML 2023, equation 1.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { draftsWindows, holdsDraft, steppedAtCut, streamsAlone } from "#core/strategies/table.ts";
import { linkFiguresOf } from "#core/link/choice-figures.ts";
import { median } from "#core/measure/summary.ts";
import type { RunConfig } from "#core/run/config.ts";
import { capacityGain, expectedTokens } from "#core/plan/modelled/break-even.ts";
import { forecast } from "#core/plan/modelled/forecast.ts";
import { tierTimesOf } from "#core/plan/measured/tier-times.ts";
import { edgeResponseMs } from "#core/plan/modelled/waiting.ts";
import type { Modelled } from "../experiment/experiment.ts";
import type { MeasureName } from "./measures.ts";
import type { PlotPoint, Series } from "../plot/plot.ts";
import { isValid, type Results, type RunLine } from "../results/results.ts";
import { figureOf, type CellRuns } from "./summaries.ts";

/** One line for each way of drafting, whatever its length. */
function efficiencyLines(cells: readonly CellRuns[], results: Results): readonly Series[] {
  const kinds = new Map<string, CellRuns[]>();
  for (const cell of cells) {
    const { draftLength: _length, promptSet: _set, ...rest } = cell.varied; // a panel is of one set
    const name = [cell.arm, ...Object.entries(rest).map(([key, value]) => `${key} ${String(value)}`)].join(", ");
    if (typeof cell.config.draftLength === "number") kinds.set(name, [...(kinds.get(name) ?? []), cell]);
  }
  return [...kinds].flatMap(([name, members]) => {
    const rate =
      (figureOf(
        "acceptance",
        members.flatMap(({ runs }) => runs),
        results,
      )?.value ?? NaN) / 100;
    if (!Number.isFinite(rate)) return [];
    const lengths = members.map(({ config }) => Number(config.draftLength)).sort((a, b) => a - b);
    const points = lengths.map((length) => place(length, expectedTokens(rate, length)));
    return [{ name: `${name}, analytic`, role: "modelled" as const, points, like: name }];
  });
}

const place = (x: number, y: number): PlotPoint => ({ x, y, interval: null, prompts: [], runs: 0, label: null });
const clientCounts = (cells: readonly CellRuns[]): readonly number[] =>
  [...new Set(cells.map(({ config }) => config.clients))].sort((a, b) => a - b);

/** Time a token over the clients, one line an arm, from its cell with the fewest. */
function waitingLines(cells: readonly CellRuns[], results: Results): readonly Series[] {
  const counts = clientCounts(cells);
  return [...new Set(cells.map(({ arm }) => arm))].flatMap((arm): readonly Series[] => {
    const [fewest] = cells.filter((cell) => cell.arm === arm).sort((a, b) => a.config.clients - b.config.clients);
    const of = (name: MeasureName): number =>
      fewest === undefined ? NaN : (figureOf(name, fewest.runs, results)?.value ?? NaN);
    const [tpotMs, edgeMs, queueMs] = [of("client-tpot"), of("client-edge"), of("client-queue")];
    if (!Number.isFinite(tpotMs + edgeMs + queueMs)) return [];
    const awayMs = Math.max(0, tpotMs - edgeMs - queueMs);
    return [
      {
        name: `${arm}, modelled`,
        role: "modelled",
        like: arm,
        points: counts.map((clients) => place(clients, awayMs + edgeResponseMs(edgeMs, awayMs, clients))),
      },
    ];
  });
}

/** What an edge that drafts by itself would compute, as times of what it computes when devices draft. */
function capacityLine(cells: readonly CellRuns[], results: Results): readonly Series[] {
  const counts = clientCounts(cells);
  const few = cells.filter(({ config }) => config.clients === counts[0]);
  const drafting = few.find(({ config }) => holdsDraft(config) && draftsWindows(config.mode));
  const draft = few.find(({ config }) => streamsAlone(config.mode) && config.model === drafting?.config.draftModel);
  const rounds = drafting?.runs.flatMap(({ record }) => record.rounds?.slice(1) ?? []) ?? []; // the first computes the prompt
  const draftMs = draft === undefined ? null : (figureOf("client-edge", draft.runs, results)?.value ?? null);
  const verifyMs = rounds.reduce((sum, round) => sum + round.edgeMs, 0) / rounds.length;
  const length = rounds.reduce((sum, round) => sum + round.drafted.length, 0) / rounds.length;
  if (draftMs === null || !(verifyMs > 0)) return [];
  return [
    {
      name: "1 + g t_draft / t_verify, modelled",
      role: "modelled",
      points: counts.map((clients) => place(clients, capacityGain({ length, draftMs, verifyMs }))),
    },
  ];
}

/** One line for each link and codec under which a model was cut. */
export function modelledSeries(cells: readonly CellRuns[], what: Modelled, results: Results): readonly Series[] {
  if (what === "block-efficiency") return efficiencyLines(cells, results);
  if (what === "waiting") return waitingLines(cells, results);
  if (what === "capacity") return capacityLine(cells, results);
  const kinds = new Map<string, CellRuns>();
  for (const cell of cells) {
    const { mode, link, codec, model, tail } = cell.config;
    if (steppedAtCut(mode)) kinds.set(JSON.stringify([mode, link, codec, model, tail]), cell);
  }
  return [...kinds.values()].flatMap((cell) => lineOf(cell, cells, what, results));
}

function lineOf(
  { config, runs }: CellRuns,
  cells: readonly CellRuns[],
  what: "ttft" | "tpot",
  { runs: all, head }: Results,
): readonly Series[] {
  const { device, edge } = tierTimesOf(all.filter(alikeTo(config)).map(({ record }) => record));
  const model = head.models.find(({ name }) => name === config.model);
  const codec = codecNamed(config.codec);
  if (device === null || edge === null || model === undefined || !codec.ok || isTrace(config.link)) return [];
  const points = forecast({
    mode: config.mode,
    blocks: model.blocks,
    hidden: model.hidden,
    tail: config.tail,
    codec: codec.value,
    link: linkFiguresOf(config.link),
    realRttMs: median(runs.flatMap(({ record }) => record.resolved?.link.realRttMs ?? [])) ?? 0,
    promptPositions: promptPositionsOf(cells),
    edgeLoad: 1, // the measured times already hold the repeats
    device,
    edge,
  });
  return [
    {
      name: "modelled",
      role: "modelled",
      points: points.map((point) => place(point.cut, what === "ttft" ? point.ttftMs : point.tpotMs)),
    },
  ];
}

/** Valid runs of the same model at the same edge load: their compute times are of one kind. */
const alikeTo =
  ({ model, edgeLoad }: RunConfig) =>
  (line: RunLine): boolean =>
    isValid(line) && line.record.config.model === model && line.record.config.edgeLoad === edgeLoad;

/** Whose rate changes while it runs, so that no one figure stands for it. */
const isTrace = (link: RunConfig["link"]): boolean => typeof link === "string" && link.startsWith("trace:");

const promptPositionsOf = (cells: readonly CellRuns[]): number =>
  Math.round(median(cells.flatMap(({ runs }) => runs.map(({ record }) => record.tokens[0]?.positions ?? 1))) ?? 1);
