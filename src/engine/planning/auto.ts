/**
 * `mode=auto` before a run: both tiers are calibrated by a few short runs over the bare link (kept
 * for as long as the engine lives), the link by its own probes, and the planner chooses mode, cut,
 * codec, caches and their capacity under the config's limits. What it chose runs like any other.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { shardsOf, type ModelManifest } from "#core/model/manifest.ts";
import { calibrationOf, type Calibration } from "#core/plan/measured/calibration.ts";
import { chosenIn, limitsOf, recordOfPlan } from "#core/plan/plan-record.ts";
import { plan, type Limits, type PlannerInput } from "#core/plan/planner.ts";
import type { StageLine, StageTimes } from "#core/plan/measured/stage-line.ts";
import type { RunConfig } from "#core/run/config.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { factsOf, plainMode } from "#core/strategies/table.ts";
import { linkSettingOf } from "../link/link-setting.ts";
import { run } from "../run/run.ts";
import type { PlannedRun, RunContext } from "../run/run-context.ts";
import type { WarmCalibration } from "../run/pool/session-pool.ts";
import { figuresOf } from "../link/link-figures.ts";
import { Replanner } from "./replan.ts";
import { ChangeRequests } from "../run/change-requests.ts";
import { promptIdsOf } from "../run/run-plan.ts";
import type { ModelSource } from "../run/world.ts";

/** Null where the strategy is not the planner's to choose. Throws as `planAuto`. */
export const plannedFor = async (config: RunConfig, context: RunContext): Promise<PlannedRun | null> =>
  factsOf(config.mode).cut === "planned" ? planAuto(config, context) : null;

/** Throws Failed: no-plan, cut-out-of-range, and what the calibrating runs end with. */
async function planAuto(config: RunConfig, context: RunContext): Promise<PlannedRun> {
  const { world, pool, signal } = context;
  const model = await pool.model(config, signal);
  const { manifest } = model;
  const { blocks } = manifest.architecture;
  if (config.minDeviceBlocks > blocks) fail({ code: "cut-out-of-range", cut: config.minDeviceBlocks, blocks });
  const setting = await linkSettingOf(config, world, signal);
  const limits = limitsOf(config);
  const heldBlocks = await heldIn(model);
  const promptIds = promptIdsOf(config, model.tokenizer);
  const fixed = { ...sizesOf(manifest), heldBlocks, promptPositions: promptIds.length, outputTokens: config.maxTokens };
  const { calibration, warm } = await calibrated(config, context, {
    promptIds,
    deepest: deepestCut(fixed, limits, blocks),
    dropUnused: limits.deviceBytes < Infinity,
  });
  const names = config.codecs ?? [config.codec];
  const input: PlannerInput = {
    ...fixed,
    ...calibration,
    kvBytes: fixed.kvBytes,
    link: figuresOf(setting),
    codecs: names.map((name) => unwrap(codecNamed(name))),
  };
  const made = plan(input, limits);
  const usable = config.kvCache
    ? made
    : {
        ...made,
        options: made.options.filter(({ kvCache }) => !kvCache),
        choice: made.choice?.kvCache === false ? made.choice : null,
      };
  const choice = chosenIn(usable);
  const { device, edge, elapsedMs, realRttMs } = calibration;
  const record = recordOfPlan(usable, config, {
    link: input.link,
    realRttMs,
    calibration: { device, edge, elapsedMs, warm },
  });
  if (limits.deviceBytes < Infinity) await pool.dropUnused(); // what earlier runs left open counts too
  const chosen: RunConfig = {
    ...config,
    mode: choice.mode,
    cut: choice.cut,
    kvCache: choice.kvCache,
    codec: choice.codec === "none" ? config.codec : choice.codec,
  };
  return {
    config: chosen,
    record,
    follow: (parts) => new Replanner({ ...parts, record, input, limits }),
  };
}

/** Blocks from the first on whose shards this device holds. */
async function heldIn({ manifest, shards }: ModelSource): Promise<number> {
  for (let block = 0; block < manifest.architecture.blocks; block++) {
    const needed = shardsOf(manifest, { embedding: false, from: block, to: block + 1, head: false });
    if ((await Promise.all(needed.map((shard) => shards.holds(shard)))).includes(false)) return block;
  }
  return manifest.architecture.blocks;
}

function sizesOf(
  manifest: ModelManifest,
): Pick<PlannerInput, "blocks" | "hidden" | "blockBytes" | "endBytes" | "kvBytes" | "memoryScale"> {
  const { blocks, hidden } = manifest.architecture;
  const bytesOf = (from: number, to: number): number =>
    shardsOf(manifest, { embedding: false, from, to, head: false }).reduce((sum, { bytes }) => sum + bytes, 0);
  const all = shardsOf(manifest, { embedding: true, from: 0, to: blocks, head: true });
  const stored = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const numbers = all.reduce(
    (sum, { tensors }) => sum + tensors.reduce((count, { shape }) => count + shape.reduce((a, b) => a * b, 1), 0),
    0,
  );
  return {
    blocks,
    hidden,
    blockBytes: bytesOf(0, blocks) / Math.max(1, blocks),
    endBytes: stored - bytesOf(0, blocks),
    kvBytes: kvBytesPerPosition(manifest.architecture),
    memoryScale: stored > 0 ? (4 * numbers) / stored : 1,
  };
}

/** The deepest cut that calibrating may open: what is here already, or two blocks, as far as memory goes. */
function deepestCut(
  {
    heldBlocks,
    blockBytes,
    endBytes,
    memoryScale,
  }: Pick<PlannerInput, "heldBlocks" | "blockBytes" | "endBytes" | "memoryScale">,
  { deviceBytes }: Limits,
  blocks: number,
): number {
  const room = Math.floor((deviceBytes / memoryScale - endBytes) / blockBytes);
  return Math.max(1, Math.min(blocks, room, Math.max(2, heldBlocks)));
}

const WARM_UP_TOKENS = 3;
const TOKENS = 12;
/** Positions of the prompt that calibrating computes: a prefill's time is per position. */
const POSITIONS = 32;

interface Calibrating {
  readonly promptIds: readonly number[];
  readonly deepest: number;
  /** Memory is short: nothing is kept open from one run to the next. */
  readonly dropUnused: boolean;
}

async function calibrated(
  config: RunConfig,
  context: RunContext,
  { promptIds, deepest, dropUnused }: Calibrating,
): Promise<{ readonly calibration: WarmCalibration; readonly warm: boolean }> {
  const { pool, world, onEvent, signal } = context;
  const { model, backend, threads, edge = null, edgeLoad } = config;
  const key = JSON.stringify([model, backend, threads, edge, edgeLoad]);
  const known = pool.calibrations.get(key);
  if (known !== undefined) return { calibration: known, warm: true };
  const fromMs = world.clock.now();
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
  const cuts = [...new Set([0, Math.ceil(deepest / 2), deepest])];
  const ways: readonly RunConfig[] = [
    ...cuts.map((cut): RunConfig => ({ ...common, mode: plainMode("cut"), cut })),
    { ...common, mode: plainMode("edge") },
  ];
  const records: RunRecord[] = [];
  for (const [index, way] of ways.entries()) {
    onEvent({
      kind: "progress",
      phase: "calibrate",
      done: index,
      total: ways.length,
      unit: "tokens",
      fromCache: false,
    });
    records.push(
      await calibratingRun(way, {
        ...context,
        onEvent: (event) => event.kind === "progress" && event.phase === "shards" && onEvent(event),
      }),
    );
    if (dropUnused) await pool.dropUnused();
    if (signal.aborted) fail({ code: "stopped" });
  }
  onEvent({
    kind: "progress",
    phase: "calibrate",
    done: ways.length,
    total: ways.length,
    unit: "tokens",
    fromCache: false,
  });
  const calibration = calibrationOf(records);
  if (calibration === null)
    return fail({ code: "internal", where: "planAuto", what: "calibrating gave no second token on either tier" });
  const { blocks } = records[0]?.resolved ?? { blocks: deepest };
  const steady: Calibration = {
    ...calibration,
    device:
      deepest < LEAST_SPREAD
        ? throughOrigin(calibration.device, mean(cuts.filter((cut) => cut > 0)))
        : calibration.device,
    edge: deepest < blocks / 2 ? throughOrigin(calibration.edge, blocks - mean(cuts)) : calibration.edge,
  };
  const warm: WarmCalibration = { ...steady, elapsedMs: world.clock.now() - fromMs };
  pool.calibrations.set(key, warm);
  return { calibration: warm, warm: false };
}

/** Blocks between the shallowest and the deepest cut, below which noise would decide a slope. */
const LEAST_SPREAD = 4;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** All of a tier's time laid to its blocks: `blocks` is how many it had when it was measured. */
function throughOrigin({ decode, prefill }: StageTimes, blocks: number): StageTimes {
  const laid = ({ fixedMs, perBlockMs }: StageLine): StageLine => ({
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
