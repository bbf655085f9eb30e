/**
 * Which bytes of a checkpoint make which shard. A shard is its tensors one after another, each at a
 * multiple of 64 bytes, in the file's own layout and precision; so making one is copying, and its
 * hash depends on nothing but the weights.
 */
import { attempt, fail, type Result } from "../run/failure.ts";
import type { Architecture } from "./architecture.ts";
import { isBlocks } from "./stored-type.ts";
import { misfitAdvice, namedByFamily, refuseUnused } from "./checkpoint-names.ts";
import { UNQUANTISED_ADVICE } from "./formats/beside.ts";
import { familyOf } from "./families/registry.ts";
import type { LocatedTensor, LocatedTensors } from "./formats/format.ts";
import type { ShardTensor } from "./manifest.ts";
import { BLOCK } from "./packed-blocks.ts";
import type { QuantisedType } from "./quantise.ts";
import { asFloat32, asQuantised } from "./tensor-source.ts";
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
  /** Of a checkpoint whose head is said to be the embedding's table, and has one beside it: both, which have to be the same. */
  readonly twins: readonly [ShardRecipe, ShardRecipe] | null;
}

/** Failures: model-broken naming the tensor that is missing or misshapen, model-unsupported for its type or one too many. */
export function planShards(
  model: string,
  a: Architecture,
  found: LocatedTensors,
  quantised: QuantisedType | null = null,
): Result<ShardPlan> {
  return attempt(() => {
    const { embedding, norm, head, block } = familyOf(a).tensors(a);
    const table = [...embedding.values()][0]?.name ?? "";
    const located = namedByFamily(table, found);
    const plan = (specs: TensorMap): ShardRecipe => layOut(model, [...specs.values()], located, quantised);
    const twin = twinOf(a, located);
    const planned = {
      embedding: plan(embedding),
      norm: plan(norm),
      head: head === null ? null : plan(head),
      blocks: Array.from({ length: a.blocks }, (_, index) => plan(block(index))),
    };
    const parts = [
      planned.embedding,
      planned.norm,
      ...(planned.head === null ? [] : [planned.head]),
      ...planned.blocks,
    ];
    const used = parts.flatMap(({ tensors }) => tensors.map(({ name }) => name));
    refuseUnused(model, located, new Set([...used, ...(twin === null ? [] : [twin.name])]));
    const alone = (spec: TensorSpec): ShardRecipe => layOut(model, [spec], located);
    return { ...planned, twins: twin === null ? null : [alone({ ...twin, name: table }), alone(twin)] };
  });
}

/** A head of its own, in a checkpoint whose config says that it is the embedding's table. */
function twinOf(a: Architecture, { tensors, unread }: LocatedTensors): TensorSpec | null {
  if (!a.tiedEmbedding) return null;
  const head = [
    ...(familyOf(a)
      .tensors({ ...a, tiedEmbedding: false })
      .head?.values() ?? []),
  ][0];
  return head !== undefined && (tensors.has(head.name) || unread.has(head.name)) ? head : null;
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
  return attempt(() => {
    const exits = [...depths]
      .toSorted((one, other) => one - other)
      .map((depth) => {
        if (depth < 1 || depth > a.blocks)
          broken(model, located.file, `it has an exit behind ${depth} blocks, the model has ${a.blocks}`);
        return { depth, recipe: layOut(model, exitTensors(a, depth), located) };
      });
    refuseUnused(model, located, new Set(exits.flatMap(({ recipe }) => recipe.tensors.map(({ name }) => name))));
    return exits;
  });
}

/** Tensors one after another. Throws Failed. */
function layOut(
  model: string,
  specs: readonly TensorSpec[],
  located: LocatedTensors,
  quantised: QuantisedType | null = null,
): ShardRecipe {
  const placed: (ShardTensor & { source: LocatedTensor })[] = [];
  let end = 0;
  for (const spec of specs) {
    const { name, shape } = spec;
    const source = asRead(spec, located.tensors.get(name) ?? notRead(model, name, located), quantised);
    if (source.shape.join() !== shape.join()) {
      const what = `tensor ${name} is [${source.shape.join(", ")}], config.json says [${shape.join(", ")}]`;
      fail({ code: "model-broken", model, file: source.file, what, advice: misfitAdvice(name, shape, source) });
    }
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    placed.push({ name, type: source.type, shape, offset, bytes: source.bytes, source });
    end = offset + source.bytes;
  }
  return { bytes: end, tensors: placed };
}

/** Blocks lie along the rows of matrices: nothing else is read in them. */
function asRead(
  { shape, byColumns }: TensorSpec,
  tensor: LocatedTensor,
  quantised: QuantisedType | null,
): LocatedTensor {
  const inRows = shape.length === 2 && byColumns === undefined;
  if (isBlocks(tensor.type)) return inRows ? tensor : { ...asFloat32(tensor), file: tensor.file };
  return quantised !== null && inRows && (shape[1] ?? 0) % BLOCK === 0 ? asQuantised(tensor, quantised) : tensor;
}

function notRead(model: string, name: string, { file, unread, supported }: LocatedTensors): never {
  const type = unread.get(name);
  if (type === undefined) {
    const what = `tensor ${name} is missing`;
    return fail({ code: "model-broken", model, file, what, advice: misfitAdvice(name, [], null) });
  }
  return fail({
    code: "model-unsupported",
    model,
    what: `type of tensor ${name}`,
    found: type,
    supported,
    advice: UNQUANTISED_ADVICE,
  });
}

const broken = (model: string, file: string, what: string): never => fail({ code: "model-broken", model, file, what });
