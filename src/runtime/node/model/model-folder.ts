/**
 * A model's folder on disk: opened through the table of formats, checked against its family and turned
 * into a manifest of shards. Weights are copied out of its files one shard at a time; nothing else is
 * ever kept.
 */
import { createHash } from "node:crypto";
import { open, readdir, readFile, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Architecture } from "#core/model/architecture.ts";
import type { LocatedTensors, ModelFiles } from "#core/model/formats/format.ts";
import { modelNameOf, partsOf } from "#core/model/formats/gguf/split.ts";
import { formatOf } from "#core/model/formats/registry.ts";
import type { ModelExit, ModelManifest, Shard } from "#core/model/manifest.ts";
import { blocksToMake, type WeightPrecision } from "#core/model/precision.ts";
import { isBlocks } from "#core/model/stored-type.ts";
import { readConfig, readStopIds } from "#core/model/read-config.ts";
import { planExits, planShards, type ShardPlan, type ShardRecipe } from "#core/model/shard-plan.ts";
import { sourceOf, type TensorSource } from "#core/model/tensor-source.ts";
import { Failed, fail, ok, refuse, unwrap, type Result } from "#core/run/failure.ts";
import { fillFrom, readBytes } from "./file-bytes.ts";

export interface ModelFolder {
  readonly path: string;
  readonly manifest: ModelManifest;
  /** The bytes of one of the manifest's shards. */
  readShard(shard: Shard): Promise<Uint8Array>;
  /** The bytes [from, to) of one, without reading the others. */
  readPart(shard: Shard, from: number, to: number): Promise<Uint8Array>;
  /** A text file of the folder, or null where there is none. */
  file(name: string): Promise<string | null>;
}

/** Failures: model-broken, model-unsupported; the name of the model is the folder's. */
export async function openModelFolder(
  path: string,
  precision: WeightPrecision = "stored",
): Promise<Result<ModelFolder>> {
  try {
    return ok(await openFolder(resolve(path), precision));
  } catch (thrown) {
    if (thrown instanceof Failed) return refuse(thrown.failure);
    throw thrown;
  }
}

async function openFolder(path: string, precision: WeightPrecision): Promise<ModelFolder> {
  const model = modelNameOf(basename(path));
  const place = await placeOf(model, path);
  const opened = await formatOf(model, place.names).open(model, filesOf(model, place));
  const architecture = unwrap(readConfig(model, opened.config));
  const plan = planOf(model, architecture, opened.weights, precision);
  const exits = unwrap(planExits(model, architecture, opened.exits));
  await mustBeTwins(model, place.folder, plan);
  const recipes = new Map<string, ShardRecipe>();
  const recipeOf = ({ sha256 }: Shard): ShardRecipe =>
    recipes.get(sha256) ?? fail({ code: "model-broken", model, file: path, what: `it has no shard ${sha256}` });
  const shardOf = async (recipe: ShardRecipe): Promise<Shard> => {
    const sha256 = await hashOf(place.folder, recipe);
    recipes.set(sha256, recipe);
    return {
      sha256,
      bytes: recipe.bytes,
      tensors: recipe.tensors.map(({ name, type, shape, offset, bytes }) => ({ name, type, shape, offset, bytes })),
    };
  };
  const blocks: Shard[] = [];
  for (const recipe of plan.blocks) blocks.push(await shardOf(recipe));
  const core = {
    schema: 1 as const,
    name: model,
    architecture,
    stopIds: readStopIds(opened.config, opened.generation),
    parameters: countParameters(plan.embedding, plan.norm, ...(plan.head === null ? [] : [plan.head]), ...plan.blocks),
    licence: licenceOf(await opened.text("README.md")),
    embedding: await shardOf(plan.embedding),
    blocks,
    norm: await shardOf(plan.norm),
    head: plan.head === null ? null : await shardOf(plan.head),
  };
  const exitShards: ModelExit[] = [];
  for (const { depth, recipe } of exits) exitShards.push({ depth, shard: await shardOf(recipe) });
  const content = exitShards.length === 0 ? core : { ...core, exits: exitShards }; // without exits a model's revision is what it was
  return {
    path,
    manifest: { ...content, revision: createHash("sha256").update(JSON.stringify(content)).digest("hex") },
    readShard: async (shard) => assemble(place.folder, recipeOf(shard)),
    readPart: async (shard, from, to) => assemble(place.folder, recipeOf(shard), from, to),
    file: (name) => opened.text(name),
  };
}

/** Throws Failed: model-unsupported also where blocks were to be made and no matrix could be put into them. */
function planOf(model: string, a: Architecture, weights: LocatedTensors, precision: WeightPrecision): ShardPlan {
  const made = blocksToMake(model, precision, weights);
  const plan = unwrap(planShards(model, a, weights, made));
  if (made === null || plan.blocks.some(({ tensors }) => tensors.some(({ type }) => isBlocks(type)))) return plan;
  return fail({
    code: "model-unsupported",
    model,
    what: `precision ${precision}`,
    found: "no matrix whose rows are whole blocks of 32 numbers",
    supported: "stored, f32",
    advice: "Leave --precision out: its weights are then computed with as they are.",
  });
}

interface Place {
  readonly folder: string;
  readonly names: ReadonlySet<string>;
}

/** A folder with its own files, or the one file that `path` is, with the parts that belong to it. */
async function placeOf(model: string, path: string): Promise<Place> {
  const found = await stat(path).catch(() => null);
  if (found === null) fail({ code: "model-broken", model, file: path, what: `${path} does not exist` });
  return found.isDirectory()
    ? { folder: path, names: new Set(await readdir(path)) }
    : { folder: dirname(path), names: await partsThere(path) };
}

async function partsThere(path: string): Promise<ReadonlySet<string>> {
  const beside = new Set(await readdir(dirname(path)));
  return new Set(partsOf(basename(path)).filter((part) => beside.has(part)));
}

function filesOf(model: string, { folder, names }: Place): ModelFiles {
  const unreadable = (file: string) => (): never =>
    fail({ code: "model-broken", model, file, what: "it cannot be read" });
  return {
    names,
    bytesOf: (name) => stat(join(folder, name)).then(({ size }) => size, unreadable(name)),
    read: (name, from, to) => readBytes(join(folder, name), from, to).catch(unreadable(name)),
    text: async (name) => (names.has(name) ? readFile(join(folder, name), "utf8").catch(unreadable(name)) : null),
  };
}

/** A head beside a table that config.json says it is has to be that table. Throws Failed: model-unsupported. */
async function mustBeTwins(model: string, folder: string, { twins }: ShardPlan): Promise<void> {
  if (twins === null) return;
  const [table, head] = twins;
  if ((await hashOf(folder, table)) === (await hashOf(folder, head))) return;
  fail({
    code: "model-unsupported",
    model,
    what: "tie_word_embeddings",
    found: `true, and ${head.tensors[0]?.name ?? "a head"} is another matrix than the embedding's`,
    supported: "one of the two",
    advice: 'Set "tie_word_embeddings": false in config.json if the head is trained by itself.',
  });
}

const hashOf = async (folder: string, recipe: ShardRecipe): Promise<string> =>
  createHash("sha256")
    .update(await assemble(folder, recipe))
    .digest("hex");

/** The shard's bytes [from, to), made of where its tensors lie; padding between them is zero. */
async function assemble(folder: string, recipe: ShardRecipe, from = 0, to = recipe.bytes): Promise<Uint8Array> {
  const part = new Uint8Array(to - from);
  const wanted = recipe.tensors.filter(({ offset, bytes }) => offset < to && offset + bytes > from);
  for (const file of new Set(wanted.map(({ source }) => source.file))) {
    const handle = await open(join(folder, file));
    try {
      for (const { offset, bytes, source } of wanted) {
        if (source.file !== file) continue;
        const [first, last] = [Math.max(offset, from), Math.min(offset + bytes, to)];
        const into = part.subarray(first - from, last - from);
        await fillTensor(handle, into, sourceOf(source, first - offset, last - offset));
      }
    } finally {
      await handle.close();
    }
  }
  return part;
}

async function fillTensor(handle: FileHandle, into: Uint8Array, { from, to, make }: TensorSource): Promise<void> {
  if (make === null) return fillFrom(handle, into, from);
  const stored = new Uint8Array(to - from);
  await fillFrom(handle, stored, from);
  into.set(make(stored));
}

const countParameters = (...recipes: readonly ShardRecipe[]): number =>
  recipes
    .flatMap(({ tensors }) => tensors)
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

/** `license:` of the model card's front matter. */
const licenceOf = (card: string | null): string | null =>
  card?.match(/^---\n[\s\S]*?^license:\s*(\S+)\s*$[\s\S]*?^---$/m)?.[1] ?? null;
