/**
 * `mode=auto` before a run: both tiers are calibrated by a few short runs over the bare link (kept
 * for as long as the engine lives), the link by its own probes, and the planner chooses mode, cut,
 * codec, caches and their capacity under the config's limits. What it chose runs like any other.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { wholeModel } from "#core/model/architecture.ts";
import { shardsOf, type ModelManifest } from "#core/model/manifest.ts";
import { chosenIn, limitsOf, recordOfPlan } from "#core/plan/plan-record.ts";
import { plan, type Limits, type Option, type Plan, type PlannerInput } from "#core/plan/planner.ts";
import type { RunConfig } from "#core/run/config.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import { factsOf } from "#core/strategies/table.ts";
import { linkSettingOf } from "../link/link-setting.ts";
import type { PlannedRun, RunContext } from "../run/run-context.ts";
import { figuresOf } from "../link/link-figures.ts";
import { calibrated } from "./calibrating.ts";
import { Replanner } from "./replan.ts";
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
    memoryScale: calibration.held.weightBytes / storedBytes(manifest, calibration.held.cut),
    link: figuresOf(setting),
    codecs: names.map((name) => unwrap(codecNamed(name))),
  };
  const made = usable(plan(input, limits), config);
  const choice = chosenIn(made);
  const { device, edge, elapsedMs, realRttMs } = calibration;
  const record = recordOfPlan(made, config, {
    link: input.link,
    realRttMs,
    calibration: { device, edge, elapsedMs, warm },
  });
  if (limits.deviceBytes < Infinity) await pool.dropUnused(); // what earlier runs left open counts too
  return {
    config: chosenConfig(config, choice),
    record,
    follow: (parts) => new Replanner({ ...parts, record, input, limits }),
  };
}

/** A config without caches leaves the planner only the ways that need none. */
function usable(made: Plan, { kvCache }: RunConfig): Plan {
  if (kvCache) return made;
  return {
    ...made,
    options: made.options.filter((option) => !option.kvCache),
    choice: made.choice?.kvCache === false ? made.choice : null,
  };
}

const chosenConfig = (config: RunConfig, { mode, cut, kvCache, codec }: Option): RunConfig => ({
  ...config,
  mode,
  cut,
  kvCache,
  codec: codec === "none" ? config.codec : codec,
});

/** Blocks from the first on whose shards this device holds. */
async function heldIn({ manifest, shards }: ModelSource): Promise<number> {
  for (let block = 0; block < manifest.architecture.blocks; block++) {
    const needed = shardsOf(manifest, { embedding: false, from: block, to: block + 1, head: false });
    if ((await Promise.all(needed.map((shard) => shards.holds(shard)))).includes(false)) return block;
  }
  return manifest.architecture.blocks;
}

/** Memory for each byte that is stored is at most float32 beside the numbers as they are; what it is here, calibrating says. */
function sizesOf(
  manifest: ModelManifest,
): Pick<PlannerInput, "blocks" | "hidden" | "blockBytes" | "endBytes" | "kvBytes" | "memoryScale"> {
  const { blocks, hidden } = manifest.architecture;
  const bytesOf = (from: number, to: number): number =>
    shardsOf(manifest, { embedding: false, from, to, head: false }).reduce((sum, { bytes }) => sum + bytes, 0);
  const all = shardsOf(manifest, wholeModel(manifest.architecture));
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
    memoryScale: stored > 0 ? (4 * numbers + stored) / stored : 1,
  };
}

/** Of what the device has of a model that is cut there. */
const storedBytes = (manifest: ModelManifest, cut: number): number =>
  shardsOf(manifest, { embedding: true, from: 0, to: cut, head: false }).reduce((sum, { bytes }) => sum + bytes, 0);

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
