/**
 * How fast the two tiers are: a few short runs over the bare link at several cuts, from which the
 * planner gets a line over the blocks for either. Done once for a model at an edge server, and kept
 * for as long as the engine lives.
 */
import { calibrationOf, type Calibration } from "#core/plan/measured/calibration.ts";
import type { TierLine, TierPace } from "#core/plan/measured/tier-line.ts";
import type { RunConfig } from "#core/run/config.ts";
import { fail } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { plainMode } from "#core/strategies/table.ts";
import { ChangeRequests } from "../run/change-requests.ts";
import type { WarmCalibration } from "../run/pool/session-pool.ts";
import { run } from "../run/run.ts";
import type { RunContext } from "../run/run-context.ts";

const WARM_UP_TOKENS = 3;
const TOKENS = 12;
/** Positions of the prompt that calibrating computes: a prefill's time is per position. */
const POSITIONS = 32;

export interface Calibrating {
  readonly promptIds: readonly number[];
  readonly deepest: number;
  /** Memory is short: nothing is kept open from one run to the next. */
  readonly dropUnused: boolean;
}

/** `warm`: from earlier runs. Throws Failed: what the calibrating runs end with, and stopped. */
export async function calibrated(
  config: RunConfig,
  context: RunContext,
  { promptIds, deepest, dropUnused }: Calibrating,
): Promise<{ readonly calibration: WarmCalibration; readonly warm: boolean }> {
  const { pool, world } = context;
  const { model, backend, threads, edge = null, edgeLoad } = config;
  const key = JSON.stringify([model, backend, threads, edge, edgeLoad]);
  const known = pool.calibrations.get(key);
  if (known !== undefined) return { calibration: known, warm: true };
  const fromMs = world.clock.now();
  const cuts = [...new Set([0, Math.ceil(deepest / 2), deepest])];
  const records = await recordsOf(waysToMeasure(config, promptIds, cuts), context, dropUnused);
  const calibration = calibrationOf(records);
  if (calibration === null)
    return fail({ code: "internal", where: "planAuto", what: "calibrating gave no second token on either tier" });
  const { blocks } = records[0]?.resolved ?? { blocks: deepest };
  const warm: WarmCalibration = {
    ...steadied(calibration, cuts, blocks),
    elapsedMs: world.clock.now() - fromMs,
    held: { cut: deepest, weightBytes: records[cuts.indexOf(deepest)]?.memory.device.weightBytes ?? 0 },
  };
  pool.calibrations.set(key, warm);
  return { calibration: warm, warm: false };
}

/** Split at each of the cuts, and everything at the edge: short, sampled, over the bare link. */
function waysToMeasure(config: RunConfig, promptIds: readonly number[], cuts: readonly number[]): readonly RunConfig[] {
  const { prompt: _prompt, messages: _messages, ...rest } = config;
  const common: RunConfig = {
    ...rest,
    promptIds: promptIds.slice(0, POSITIONS),
    link: "loopback",
    codec: "f32",
    kvCache: true,
    temperature: 1,
    topK: 0,
    topP: 1,
    maxTokens: TOKENS,
  };
  return [
    ...cuts.map((cut): RunConfig => ({ ...common, mode: plainMode("cut"), cut })),
    { ...common, mode: plainMode("edge") },
  ];
}

async function recordsOf(
  ways: readonly RunConfig[],
  context: RunContext,
  dropUnused: boolean,
): Promise<readonly RunRecord[]> {
  const { pool, onEvent, signal } = context;
  const progress = (done: number): void =>
    onEvent({ kind: "progress", phase: "calibrate", done, total: ways.length, unit: "tokens", fromCache: false });
  const records: RunRecord[] = [];
  for (const [index, way] of ways.entries()) {
    progress(index);
    records.push(
      await calibratingRun(way, {
        ...context,
        onEvent: (event) => event.kind === "progress" && event.phase === "shards" && onEvent(event),
      }),
    );
    if (dropUnused) await pool.dropUnused();
    if (signal.aborted) fail({ code: "stopped" });
  }
  progress(ways.length);
  return records;
}

/** A line over too few blocks is all noise: there all of the tier's time is laid to its blocks. */
function steadied(calibration: Calibration, cuts: readonly number[], blocks: number): Calibration {
  const { device, edge } = calibration;
  const deepest = Math.max(...cuts);
  return {
    ...calibration,
    device: deepest < LEAST_SPREAD ? throughOrigin(device, mean(cuts.filter((cut) => cut > 0))) : device,
    edge: deepest < blocks / 2 ? throughOrigin(edge, blocks - mean(cuts)) : edge,
  };
}

/** Blocks between the shallowest and the deepest cut, below which noise would decide a slope. */
const LEAST_SPREAD = 4;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** All of a tier's time laid to its blocks: `blocks` is how many it had when it was measured. */
function throughOrigin({ decode, prefill }: TierPace, blocks: number): TierPace {
  const laid = ({ fixedMs, perBlockMs }: TierLine): TierLine => ({
    fixedMs: 0,
    perBlockMs: perBlockMs + fixedMs / Math.max(1, blocks),
  });
  return { decode: laid(decode), prefill: laid(prefill) };
}

/** Once to warm up, once to count; a sampled answer that ends at once is sampled anew. */
async function calibratingRun(config: RunConfig, context: RunContext): Promise<RunRecord> {
  const { access } = context.options;
  const quiet: RunContext = {
    ...context,
    options: { check: false, fresh: true, ...(access === undefined ? {} : { access }) },
    changeRequests: new ChangeRequests(),
  };
  await run({ ...config, maxTokens: WARM_UP_TOKENS }, quiet);
  for (let seed = 1; ; seed++) {
    const record = await run({ ...config, seed }, quiet);
    if (record.finish.kind === "failed") fail(record.finish.failure);
    if (record.finish.kind === "stopped") fail({ code: "stopped" });
    if (record.tokens.length > WARM_UP_TOKENS || seed === 3) return record;
  }
}
