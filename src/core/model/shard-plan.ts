/**
 * Which bytes of a checkpoint make which shard. A shard is its tensors one after another, each at a
 * multiple of 64 bytes, in the file's own layout and precision; so making one is copying, and its
 * hash depends on nothing but the weights.
 */
import { attempt, fail, type Result } from "../run/failure.ts";
import type { Architecture } from "./architecture.ts";
import { familyOf } from "./families/registry.ts";
import type { LocatedTensor, LocatedTensors } from "./formats/format.ts";
import type { ShardTensor } from "./manifest.ts";
import { exitTensors, type TensorMap, type TensorSpec } from "./tensors.ts";

const ALIGNMENT = 64;

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
export function planShards(model: string, a: Architecture, located: LocatedTensors): Result<ShardPlan> {
  const { embedding, norm, head, block } = familyOf(a).tensors(a);
  const plan = (specs: TensorMap): ShardRecipe => layOut(model, [...specs.values()], located);
  return attempt(() => ({
    embedding: plan(embedding),
    norm: plan(norm),
    head: head === null ? null : plan(head),
    blocks: Array.from({ length: a.blocks }, (_, index) => plan(block(index))),
  }));
}

export interface ExitRecipe {
  /** Blocks in front of it. */
  readonly depth: number;
  readonly recipe: ShardRecipe;
}

const EXIT_TENSOR = /^exits\.(\d+)\./;

/** The trained exits, the shallowest first. Failures: those of `planShards`, and model-broken naming a depth. */
export function planExits(model: string, a: Architecture, located: LocatedTensors): Result<readonly ExitRecipe[]> {
  const depths = new Set([...located.tensors.keys()].flatMap((name) => EXIT_TENSOR.exec(name)?.[1] ?? []).map(Number));
  return attempt(() =>
    [...depths]
      .toSorted((one, other) => one - other)
      .map((depth) => {
        if (depth < 1 || depth > a.blocks)
          broken(model, located.file, `it has an exit behind ${depth} blocks, the model has ${a.blocks}`);
        return { depth, recipe: layOut(model, exitTensors(a, depth), located) };
      }),
  );
}

/** Tensors one after another. Throws Failed. */
function layOut(model: string, specs: readonly TensorSpec[], located: LocatedTensors): ShardRecipe {
  const placed: (ShardTensor & { source: LocatedTensor })[] = [];
  let end = 0;
  for (const { name, shape } of specs) {
    const source = located.tensors.get(name) ?? notRead(model, name, located);
    if (source.shape.join() !== shape.join())
      broken(
        model,
        source.file,
        `tensor ${name} is [${source.shape.join(", ")}], config.json says [${shape.join(", ")}]`,
      );
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    placed.push({ name, type: source.type, shape, offset, bytes: source.bytes, source });
    end = offset + source.bytes;
  }
  return { bytes: end, tensors: placed };
}

function notRead(model: string, name: string, { file, unread }: LocatedTensors): never {
  const type = unread.get(name);
  if (type === undefined) return broken(model, file, `tensor ${name} is missing`);
  return fail({
    code: "model-unsupported",
    model,
    what: `type of tensor ${name}`,
    found: type,
    supported: "F32, F16, BF16",
  });
}

const broken = (model: string, file: string, what: string): never => fail({ code: "model-broken", model, file, what });
