/**
 * What is known to be impossible before a run is started, once the models are listed: a model that
 * nobody serves, a cut that it does not have, a fault that its strategy has no place for. What only the
 * prompt's tokens or the edge server can tell ends the run, and stands in its record.
 */
import { draftsWithModel, factsOf } from "../../strategies/table.ts";
import type { RunConfig } from "../config.ts";
import type { Failure, Result } from "../failure.ts";
import { nearestFirst } from "./nearest.ts";
import { resolveSplit } from "./resolve.ts";
import type { RunOptions } from "../run-options.ts";

interface ListedModel {
  readonly name: string;
  readonly blocks: number;
}

/** `models` are those that the config's edge serves. Null where nothing stands against the run. */
export function refusalOf(config: RunConfig, options: RunOptions, models: readonly ListedModel[]): Failure | null {
  const model = models.find(({ name }) => name === config.model);
  if (model === undefined) return unknownModel(config.model, models);
  if (draftsWithModel(config) && !models.some(({ name }) => name === config.draftModel))
    return unknownModel(config.draftModel, models);
  return (
    cutRefusal(config, model.blocks) ??
    movesRefusal(config, model.blocks) ??
    pathRefusal(config, model.blocks) ??
    sabotageRefusal(config, options)
  );
}

const unknownModel = (model: string, models: readonly ListedModel[]): Failure => ({
  code: "unknown-model",
  model,
  known: nearestFirst(
    model,
    models.map(({ name }) => name),
  ),
});

const failureIn = (result: Result<unknown>): Failure | null => (result.ok ? null : result.failure);

/** A planner chooses the cut itself; it is only told the least. */
function cutRefusal(config: RunConfig, blocks: number): Failure | null {
  if (factsOf(config.mode).cut !== "planned") return failureIn(resolveSplit(config, blocks));
  const { minDeviceBlocks } = config;
  return minDeviceBlocks > blocks ? { code: "cut-out-of-range", cut: minDeviceBlocks, blocks } : null;
}

function movesRefusal(config: RunConfig, blocks: number): Failure | null {
  for (const { cut } of config.moves ?? []) {
    const failure = failureIn(resolveSplit({ ...config, cut }, blocks));
    if (failure !== null) return failure;
  }
  return null;
}

function pathRefusal({ path }: RunConfig, blocks: number): Failure | null {
  const end = path?.at(-1)?.to ?? blocks;
  if (end === blocks) return null;
  return {
    code: "bad-value",
    key: "path",
    value: `a last hop that ends at block ${end}`,
    expected: `${blocks}, the end`,
  };
}

function sabotageRefusal({ mode }: RunConfig, { sabotage }: RunOptions): Failure | null {
  const { faults, cut } = factsOf(mode);
  if (sabotage === undefined || cut === "planned" || faults.includes(sabotage.kind)) return null;
  return {
    code: "keys-conflict",
    keys: ["sabotage", "mode"],
    why: `${mode} has nothing that ${sabotage.kind} could break`,
  };
}
