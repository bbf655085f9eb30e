/**
 * Which bytes of a checkpoint make which shard. A shard is its tensors one after another, each at a
 * multiple of 64 bytes, in the file's own layout and precision; so making one is copying, and its
 * hash depends on nothing but the weights.
 */
import { ok, refuse, type Result } from "../run/failure.ts";
import type { Architecture } from "./architecture.ts";
import type { ShardTensor } from "./manifest.ts";
import type { StoredTensor } from "./safetensors.ts";
import {
  blockTensors,
  embeddingTensor,
  exitTensors,
  headTensor,
  normTensor,
  type TensorSpec,
} from "./llama-tensors.ts";

const ALIGNMENT = 64;
/** Ours, and optional, in a model's folder. */
export const EXITS_FILE = "exits.safetensors";

/** A tensor as found in one of the checkpoint's files. */
export interface LocatedTensor extends StoredTensor {
  readonly file: string;
}

/** One shard to be made: where each tensor comes from and where it goes. */
export interface ShardRecipe {
  readonly bytes: number;
  readonly tensors: readonly (ShardTensor & { readonly source: LocatedTensor })[];
}

export interface ShardPlan {
  readonly embedding: ShardRecipe;
  readonly blocks: readonly ShardRecipe[];
  readonly norm: ShardRecipe;
  readonly head: ShardRecipe | null;
}

/** Failures: model-broken naming the tensor that is missing or misshapen, model-unsupported for its type. */
export function planShards(
  model: string,
  a: Architecture,
  tensors: ReadonlyMap<string, LocatedTensor>,
): Result<ShardPlan> {
  const recipes: ShardRecipe[] = [];
  const parts = [[embeddingTensor(a)], [normTensor(a)], ...(a.tiedEmbedding ? [] : [[headTensor(a)]])];
  const blocks = Array.from({ length: a.blocks }, (_, block) => [...blockTensors(a, block).values()]);
  for (const specs of [...parts, ...blocks]) {
    const recipe = layOut(model, specs, tensors);
    if (!recipe.ok) return recipe;
    recipes.push(recipe.value);
  }
  const [embedding, norm, ...rest] = recipes;
  if (embedding === undefined || norm === undefined) throw new Error("a plan has an embedding and a norm");
  const head = a.tiedEmbedding ? null : (rest.shift() ?? null);
  return ok({ embedding, norm, head, blocks: rest });
}

export interface ExitRecipe {
  /** Blocks in front of it. */
  readonly depth: number;
  readonly recipe: ShardRecipe;
}

const EXIT_TENSOR = /^exits\.(\d+)\./;

/** The trained exits of `exits.safetensors`, the shallowest first. Failures: model-broken naming the tensor or the depth. */
export function planExits(
  model: string,
  a: Architecture,
  tensors: ReadonlyMap<string, LocatedTensor>,
): Result<readonly ExitRecipe[]> {
  const depths = new Set([...tensors.keys()].flatMap((name) => EXIT_TENSOR.exec(name)?.[1] ?? []).map(Number));
  const exits: ExitRecipe[] = [];
  for (const depth of [...depths].toSorted((one, other) => one - other)) {
    if (depth < 1 || depth > a.blocks)
      return refuse({
        code: "model-broken",
        model,
        file: EXITS_FILE,
        what: `it has an exit behind ${depth} blocks, the model has ${a.blocks}`,
      });
    const recipe = layOut(model, exitTensors(a, depth), tensors, EXITS_FILE);
    if (!recipe.ok) return recipe;
    exits.push({ depth, recipe: recipe.value });
  }
  return ok(exits);
}

function layOut(
  model: string,
  specs: readonly TensorSpec[],
  tensors: ReadonlyMap<string, LocatedTensor>,
  file = "model.safetensors",
): Result<ShardRecipe> {
  const placed: (ShardTensor & { source: LocatedTensor })[] = [];
  let end = 0;
  for (const { name, shape } of specs) {
    const source = tensors.get(name);
    if (source === undefined)
      return refuse({
        code: "model-broken",
        model,
        file,
        what: `tensor ${name} is missing, or its type is none of F32, F16, BF16`,
      });
    if (source.shape.join() !== shape.join())
      return refuse({
        code: "model-broken",
        model,
        file: source.file,
        what: `tensor ${name} is [${source.shape.join(", ")}], config.json says [${shape.join(", ")}]`,
      });
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    placed.push({ name, type: source.type, shape, offset, bytes: source.bytes, source });
    end = offset + source.bytes;
  }
  return ok({ bytes: end, tensors: placed });
}
