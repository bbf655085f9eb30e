/**
 * TPOT over the cut: what was measured at each cut, the modelled line between, and the uncut runs
 * as baselines. Only runs of the same model, codec, link and cache stand together.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { median, summarize, type Summary } from "#core/measure/summary.ts";
import { intervalsOf } from "#core/measure/totals.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { forecast, type ForecastPoint } from "#core/plan/modelled/forecast.ts";
import { tierTimesOf } from "#core/plan/measured/tier-times.ts";
import { MODES, type Mode } from "#core/run/config.ts";
import { isWhole, steppedAtCut } from "#core/strategies/table.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import type { Lane } from "../stores/runs.ts";
import { choiceOf, type Settings } from "../stores/settings.ts";
import { linkOf } from "./link-facts.ts";

/** Records of the runs that may be compared under these settings, faults left out. */
export function comparable(lanes: readonly Lane[], settings: Settings): readonly RunRecord[] {
  const link = JSON.stringify(settings.link);
  return timedAlike(lanes, settings).filter(({ config }) => JSON.stringify(config.link) === link);
}

/** The same over whatever link: what both tiers compute does not hang on it. */
export function timedAlike(lanes: readonly Lane[], settings: Settings): readonly RunRecord[] {
  // Recorded and live times come from different machines: never on one chart.
  const origin = lanes.some((lane) => lane.origin === "live" && lane.record !== null) ? "live" : "recorded";
  return lanes
    .filter((lane) => lane.origin === origin)
    .flatMap(({ record, sabotage }) => {
      if (record === null || sabotage !== null || record.tokens.length < 2) return [];
      const { config } = record;
      const alike =
        config.model === settings.model &&
        config.kvCache === settings.kvCache &&
        config.edgeLoad === settings.edgeLoad &&
        config.clients === settings.clients;
      return alike && (!steppedAtCut(config.mode) || config.codec === settings.codec) ? [record] : [];
    });
}

export interface CutDot {
  readonly cut: number;
  /** Median over the runs there of their time per token. */
  readonly tpotMs: number;
  /** Of all their decode steps. */
  readonly steps: Summary;
  readonly runs: number;
}

/** One dot for each cut that was run under the same mode. */
export function cutDots(records: readonly RunRecord[], mode: Mode): readonly CutDot[] {
  const cutting: Mode | undefined = steppedAtCut(mode) ? mode : MODES.find(steppedAtCut);
  const ran = records.filter((record) => record.config.mode === cutting && record.resolved !== null);
  const cuts = [...new Set(ran.map((record) => record.resolved?.cut ?? -1))];
  return cuts.flatMap((cut) => {
    const at = ran.filter((record) => record.resolved?.cut === cut);
    const steps = summarize(at.flatMap((record) => intervalsOf(record.tokens).slice(1)));
    const tpotMs = median(at.flatMap((record) => tpotOf(record) ?? []));
    return steps === null || tpotMs === null ? [] : [{ cut, tpotMs, steps, runs: at.length }];
  });
}

/** The uncut runs, as baselines. */
export function baselines(
  records: readonly RunRecord[],
): readonly { readonly mode: Mode; readonly tpotMs: number; readonly n: number }[] {
  return MODES.filter(isWhole).flatMap((mode) => {
    const runs = records.filter((record) => record.config.mode === mode);
    const tpotMs = median(runs.flatMap((record) => tpotOf(record) ?? []));
    return tpotMs === null ? [] : [{ mode, tpotMs, n: runs.length }];
  });
}

/** Null until both tiers have been timed, or where the link is a trace. */
export function modelled(
  records: readonly RunRecord[],
  settings: Settings,
  model: ModelSummary | null,
): readonly ForecastPoint[] | null {
  const { device, edge } = tierTimesOf(records);
  const codec = codecNamed(settings.codec);
  const figures = linkOf(settings.link).figures;
  const latest = records.at(-1);
  if (device === null || edge === null || figures === null || !codec.ok || model === null || latest === undefined)
    return null;
  const realRttMs = records.flatMap((record) => record.resolved?.link.realRttMs ?? []).at(-1) ?? 0;
  return forecast({
    mode: settings.mode,
    blocks: model.blocks,
    hidden: model.hidden,
    tail: settings.tail,
    codec: codec.value,
    link: figures,
    realRttMs,
    promptPositions: latest.tokens[0]?.positions ?? 1,
    // The measured edge times already hold the repeats of the runs they come from.
    edgeLoad: 1,
    device,
    edge,
  });
}

/** What is modelled where the settings cut now; null where nothing is cut or nothing is known. */
export function forecastHere(
  points: readonly ForecastPoint[] | null,
  settings: Settings,
  blocks: number,
): ForecastPoint | null {
  if (points === null || !steppedAtCut(settings.mode)) return null;
  const { cut } = choiceOf(settings, blocks);
  return points.find((point) => point.cut === cut) ?? null;
}
