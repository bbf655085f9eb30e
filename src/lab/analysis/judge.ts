/**
 * The planner against measurement: calibrated with the runs at both ends only, it predicts every
 * cut between, and under several sets of limits chooses one; what it chose is then compared with
 * the best that was measured. Choices within each other's intervals are ties.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { writeLinkChoice } from "#core/link/choice.ts";
import { linkFiguresOf } from "#core/link/choice-figures.ts";
import { median } from "#core/measure/summary.ts";
import { calibrationOf } from "#core/plan/measured/calibration.ts";
import { bestOf, NO_LIMITS, plan, type Limits, type Option, type PlannerInput } from "#core/plan/planner.ts";
import type { Mode, RunConfig } from "#core/run/config.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { factsOf, isPlannerMode } from "#core/strategies/table.ts";
import type { Results } from "../results/results.ts";
import { cellsIn, figureOf, type CellRuns, type Figure } from "./summaries.ts";

export interface Trial {
  readonly limits: string;
  /** Cells' keys; null where the limits allow nothing that was measured. */
  readonly chosen: string | null;
  readonly best: string | null;
  /** What the choice costs over the best, as a share; 0 when they are one. */
  readonly excess: number | null;
  readonly tie: boolean;
  /** The best measured one cuts the model between its ends. */
  readonly interior: boolean;
}

export interface Judgement {
  readonly link: string;
  /** Median relative errors over the cuts that it was not calibrated with. */
  readonly tpotError: number | null;
  readonly ttftError: number | null;
  readonly predicted: number;
  /** Every relative error behind the medians. */
  readonly errors: readonly number[];
  readonly trials: readonly Trial[];
}

interface Measured {
  readonly cell: CellRuns;
  readonly cut: number;
  readonly tpot: Figure;
  readonly ttft: Figure;
  readonly edge: Figure;
}

/** One for every link and prompt set under which a model was cut at both ends and between; none otherwise. */
export function judgePlanner(results: Results): readonly Judgement[] {
  const all = cellsIn(results).flatMap((cell) => measuredOf(cell, results));
  const sets = new Set(all.map(({ cell }) => cell.varied.promptSet));
  return [...sets].flatMap((set) =>
    judgedOnSet(
      all.filter(({ cell }) => cell.varied.promptSet === set),
      results,
    ),
  );
}

function judgedOnSet(measured: readonly Measured[], results: Results): readonly Judgement[] {
  const kinds = new Map(
    measured
      .filter(({ cell }) => cutByPlanner(cell.config.mode))
      .map(({ cell: { config } }) => [
        JSON.stringify([writeLinkChoice(config.link), config.codec, config.model]),
        config,
      ]),
  );
  return [...kinds.values()].flatMap((kind) =>
    judged(
      measured.filter(({ cell: { config } }) => config.kvCache && belongs(config, kind)),
      results,
    ),
  );
}

/** Device-only has no link and edge-only no codec: they are ends of every kind. */
function belongs({ mode, link, codec, model }: RunConfig, kind: RunConfig): boolean {
  if (model !== kind.model) return false;
  const { needs, cut } = factsOf(mode);
  if (!isPlannerMode(mode)) return false;
  if (!needs.edge) return true;
  return writeLinkChoice(link) === writeLinkChoice(kind.link) && (cut === "none" || codec === kind.codec);
}

/** The planner can choose it, and where to cut. */
const cutByPlanner = (mode: Mode): boolean => isPlannerMode(mode) && factsOf(mode).cut === "chosen";

function measuredOf(cell: CellRuns, results: Results): readonly Measured[] {
  const [tpot, ttft, edge] = [
    figureOf("tpot", cell.runs, results),
    figureOf("ttft", cell.runs, results),
    figureOf("edge", cell.runs, results),
  ];
  const cut = cell.runs[0]?.record.resolved?.cut;
  return tpot === null || ttft === null || edge === null || cut === undefined ? [] : [{ cell, cut, tpot, ttft, edge }];
}

function judged(measured: readonly Measured[], { head }: Results): readonly Judgement[] {
  const first = measured.find(({ cell }) => cutByPlanner(cell.config.mode));
  const model = head.models.find(({ name }) => name === first?.cell.config.model);
  if (first === undefined || model === undefined) return [];
  const ends = measured.filter(({ cut }) => cut === 0 || cut === model.blocks);
  const between = measured.filter(({ cut }) => cut > 0 && cut < model.blocks);
  const input = inputFrom(ends, first, model);
  if (input === null || between.length === 0) return [];
  const { options } = plan(input, NO_LIMITS);
  const errors = between.flatMap((each) => {
    const option = optionFor(each, options);
    return option === null
      ? []
      : [
          {
            tpot: Math.abs(option.tpotMs - each.tpot.value) / each.tpot.value,
            ttft: Math.abs(option.ttftMs - each.ttft.value) / each.ttft.value,
          },
        ];
  });
  return [
    {
      link: [
        writeLinkChoice(first.cell.config.link),
        ...(first.cell.varied.promptSet === undefined ? [] : [`promptSet ${String(first.cell.varied.promptSet)}`]),
      ].join(", "),
      tpotError: median(errors.map(({ tpot }) => tpot)),
      ttftError: median(errors.map(({ ttft }) => ttft)),
      predicted: errors.length,
      errors: errors.flatMap(({ tpot, ttft }) => [tpot, ttft]),
      trials: limitSets(input, measured).map(([name, limits]) => trialOf(name, limits, input, measured)),
    },
  ];
}

function inputFrom(ends: readonly Measured[], { cell }: Measured, model: ModelSummary): PlannerInput | null {
  const records = ends.flatMap((end) => end.cell.runs.map(({ record }) => record)); // over this link, or none
  const calibration = calibrationOf(records);
  const codec = codecNamed(cell.config.codec);
  if (calibration === null || !codec.ok) return null;
  const { shardBytes } = model;
  return {
    ...calibration,
    blocks: model.blocks,
    hidden: model.hidden,
    link: linkFiguresOf(cell.config.link),
    codecs: [codec.value],
    promptPositions: Math.round(median(records.map(({ tokens }) => tokens[0]?.positions ?? 1)) ?? 1),
    outputTokens: Math.round(median(records.map(({ tokens }) => tokens.length)) ?? 1),
    blockBytes: median(shardBytes.block) ?? 0,
    endBytes: shardBytes.embedding + shardBytes.head,
    memoryScale: 1,
    heldBlocks: model.blocks, // everything was fetched by the warm-ups
  };
}

/** The limits to be judged under, in blocks of this model. */
function limitSets(
  { blocks, blockBytes, endBytes, kvBytes, promptPositions, outputTokens }: PlannerInput,
  measured: readonly Measured[],
): readonly (readonly [string, Limits])[] {
  const capacity = promptPositions + outputTokens;
  const memoryFor = (share: number): number =>
    endBytes + Math.floor(blocks * share) * (blockBytes + capacity * kvBytes) + 1;
  const keep = (share: number): number => Math.ceil(blocks * share);
  const fastest = Math.min(
    ...measured.filter(({ cell }) => cutByPlanner(cell.config.mode)).map(({ tpot }) => tpot.value),
  );
  const part = 3 / 4;
  return [
    ["none", NO_LIMITS],
    ["a quarter of the blocks stays on the device", { ...NO_LIMITS, minDeviceBlocks: keep(1 / 4) }],
    ["the device has memory for three quarters", { ...NO_LIMITS, deviceBytes: memoryFor(part) }],
    [
      "a quarter stays, memory for three quarters",
      { ...NO_LIMITS, minDeviceBlocks: keep(1 / 4), deviceBytes: memoryFor(part) },
    ],
    [
      "half stays, memory for three quarters",
      { ...NO_LIMITS, minDeviceBlocks: keep(1 / 2), deviceBytes: memoryFor(part) },
    ],
    [
      "the edge keeps half the keys and values, memory for three quarters",
      { ...NO_LIMITS, edgeKvBytes: Math.ceil(blocks / 2) * capacity * kvBytes + 1, deviceBytes: memoryFor(part) },
    ],
    [
      "least edge compute within 1.5 times the fastest cut, memory for three quarters",
      { ...NO_LIMITS, deviceBytes: memoryFor(part), objective: { kind: "least-edge-compute", tpotMs: 1.5 * fastest } },
    ],
  ];
}

function trialOf(name: string, limits: Limits, input: PlannerInput, measured: readonly Measured[]): Trial {
  const { options } = plan(input, limits);
  const known = measured.flatMap((each) => {
    const option = optionFor(each, options);
    return option === null ? [] : [{ ...each, option, truth: truthOf(each, option, input, limits) }];
  });
  const choice = bestOf(
    known.map(({ option }) => option),
    limits,
  );
  const chosen = known.find(({ option }) => option === choice) ?? null;
  const truth = bestOf(
    known.map((each) => each.truth),
    limits,
  );
  const best = known.find((each) => each.truth === truth) ?? null;
  if (chosen === null || best === null)
    return {
      limits: name,
      chosen: chosen?.cell.key ?? null,
      best: best?.cell.key ?? null,
      excess: null,
      tie: false,
      interior: false,
    };
  const least = costOf(best.truth, limits);
  const tie = chosen !== best && overlap(figureFor(chosen, limits), figureFor(best, limits));
  return {
    limits: name,
    chosen: chosen.cell.key,
    best: best.cell.key,
    excess: least > 0 ? costOf(chosen.truth, limits) / least - 1 : 0,
    tie,
    interior: cutByPlanner(best.option.mode) && best.cut > 0 && best.cut < input.blocks,
  };
}

const optionFor = ({ cell: { config }, cut }: Measured, options: readonly Option[]): Option | null =>
  options.find((option) => option.mode === config.mode && option.cut === cut && option.kvCache === config.kvCache) ??
  null;

/** The same option with its times as measured; what is too slow is judged by them as well. */
function truthOf(
  { tpot, ttft, edge }: Measured,
  option: Option,
  { outputTokens }: PlannerInput,
  { objective }: Limits,
): Option {
  const tooSlow = objective.kind === "least-edge-compute" && tpot.value > objective.tpotMs;
  const obstacle =
    option.obstacle === null || option.obstacle === "too-slow" ? (tooSlow ? "too-slow" : null) : option.obstacle;
  return {
    ...option,
    tpotMs: tpot.value,
    ttftMs: ttft.value,
    edgeMsPerToken: edge.value,
    answerMs: ttft.value + (outputTokens - 1) * tpot.value,
    obstacle,
  };
}

const costOf = (option: Option, { objective }: Limits): number =>
  objective.kind === "least-time" ? option.answerMs : option.edgeMsPerToken;
const figureFor = ({ tpot, edge }: Measured, { objective }: Limits): Figure =>
  objective.kind === "least-time" ? tpot : edge;
const overlap = (a: Figure, b: Figure): boolean =>
  a.interval !== null && b.interval !== null && a.interval.low <= b.interval.high && b.interval.low <= a.interval.high;

const percent = (share: number | null): string => (share === null ? "" : `${(share * 100).toFixed(1)}%`);

/** What the planner is held to, over all links and limits together. */
const ALLOWED = { excess: 0.05, error: 0.1, trials: 6 } as const;

export interface PlannerVerdict {
  readonly trials: number;
  /** Of them, with the best measured cut between the ends. */
  readonly interior: number;
  /** The largest; a choice within the best one's interval is right and counts as none. */
  readonly excess: number;
  /** Median over the first token and the time per token of every cut that it was not calibrated with. */
  readonly error: number | null;
  readonly holds: boolean;
}

export function verdictOnPlanner(judgements: readonly Judgement[]): PlannerVerdict {
  const trials = judgements.flatMap((judgement) => judgement.trials).filter((trial) => trial.excess !== null);
  const error = median(judgements.flatMap(({ errors }) => errors));
  const excess = Math.max(0, ...trials.map((trial) => (trial.tie ? 0 : (trial.excess ?? 0))));
  const interior = trials.filter((trial) => trial.interior).length;
  const enough = trials.length >= ALLOWED.trials && 2 * interior >= trials.length;
  return {
    trials: trials.length,
    interior,
    excess,
    error,
    holds: enough && excess <= ALLOWED.excess && error !== null && error <= ALLOWED.error,
  };
}

/** "holds" or not, and by what. */
function verdictSentence(judgements: readonly Judgement[]): string {
  const { trials, interior, excess, error, holds } = verdictOnPlanner(judgements);
  return `${holds ? "It holds" : "It does not hold"}: over ${trials} sets of link and limits, ${interior} with the best cut between the ends, what it chose cost at most ${percent(excess)} more than the best measured (${percent(ALLOWED.excess)} allowed, ties within the interval count as right), with a median prediction error of ${percent(error)} (${percent(ALLOWED.error)} allowed)`;
}

export const JUDGEMENT_COLUMNS: readonly string[] = [
  "link",
  "limits",
  "the planner's choice",
  "best measured",
  "excess cost",
  "tie",
  "best is inside",
];

export const judgementRows = (judgements: readonly Judgement[]): readonly (readonly string[])[] =>
  judgements.flatMap(({ link, trials }) =>
    trials.map(({ limits, chosen, best, excess, tie, interior }) => [
      link,
      limits,
      chosen ?? "nothing fits",
      best ?? "nothing fits",
      percent(excess),
      tie ? "yes" : "",
      interior ? "yes" : "",
    ]),
  );

export const judgementText = (judgements: readonly Judgement[]): string =>
  [
    verdictSentence(judgements),
    ...judgements.map(
      ({ link, tpotError, ttftError, predicted }) =>
        `${link}: median error ${percent(tpotError)} of time per token and ${percent(ttftError)} of the first token's, over ${predicted} cuts that it was not calibrated with`,
    ),
  ].join("; ");
