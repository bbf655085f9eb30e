/**
 * A Hugging Face model folder on disk: read, checked and turned into a manifest of shards. Weights
 * are copied out of the safetensors files one shard at a time; nothing else is ever kept.
 */
import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readConfig, readStopIds } from "#core/model/read-config.ts";
import { headerLength, readSafetensors } from "#core/model/safetensors.ts";
import { EXITS_FILE, planExits, planShards, type LocatedTensor, type ShardRecipe } from "#core/model/shard-plan.ts";
import type { ModelExit, ModelManifest, Shard } from "#core/model/manifest.ts";
import { Failed, fail, ok, refuse, unwrap, type Result } from "#core/run/failure.ts";
import { fillFrom } from "./file-bytes.ts";

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
export async function openModelFolder(path: string): Promise<Result<ModelFolder>> {
  try {
    return ok(await openFolder(resolve(path)));
  } catch (thrown) {
    if (thrown instanceof Failed) return refuse(thrown.failure);
    throw thrown;
  }
}

async function openFolder(path: string): Promise<ModelFolder> {
  const model = basename(path);
  const config = await requiredJson(model, path, "config.json");
  const architecture = unwrap(readConfig(model, config));
  const tensors = await locateTensors(model, path);
  const plan = unwrap(planShards(model, architecture, tensors));
  const exits = unwrap(planExits(model, architecture, await locateExits(model, path)));
  const recipes = new Map<string, ShardRecipe>();
  const recipeOf = ({ sha256 }: Shard): ShardRecipe =>
    recipes.get(sha256) ?? fail({ code: "model-broken", model, file: path, what: `it has no shard ${sha256}` });
  const shardOf = async (recipe: ShardRecipe): Promise<Shard> => {
    const sha256 = createHash("sha256")
      .update(await assemble(path, recipe))
      .digest("hex");
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
    stopIds: readStopIds(config, await optionalJson(model, path, "generation_config.json")),
    parameters: countParameters(plan.embedding, plan.norm, ...(plan.head === null ? [] : [plan.head]), ...plan.blocks),
    licence: licenceOf(await optionalText(join(path, "README.md"))),
    embedding: await shardOf(plan.embedding),
    blocks,
    norm: await shardOf(plan.norm),
    head: plan.head === null ? null : await shardOf(plan.head),
  };
  const made: ModelExit[] = [];
  for (const { depth, recipe } of exits) made.push({ depth, shard: await shardOf(recipe) });
  const content = made.length === 0 ? core : { ...core, exits: made }; // without exits a model's revision is what it was
  return {
    path,
    manifest: { ...content, revision: createHash("sha256").update(JSON.stringify(content)).digest("hex") },
    readShard: async (shard) => assemble(path, recipeOf(shard)),
    readPart: async (shard, from, to) => assemble(path, recipeOf(shard), from, to),
    file: (name) => optionalText(join(path, basename(name))),
  };
}

/** Every tensor of model.safetensors, or of the files that the index names. */
async function locateTensors(model: string, path: string): Promise<ReadonlyMap<string, LocatedTensor>> {
  const index = await optionalJson(model, path, "model.safetensors.index.json");
  const files = index === null ? ["model.safetensors"] : filesOfIndex(model, index);
  const located = new Map<string, LocatedTensor>();
  for (const file of files) {
    for (const [name, tensor] of await readTensors(model, path, file)) located.set(name, { ...tensor, file });
  }
  return located;
}

/** Those of exits.safetensors; none where there is no such file. */
async function locateExits(model: string, path: string): Promise<ReadonlyMap<string, LocatedTensor>> {
  const located = new Map<string, LocatedTensor>();
  if ((await stat(join(path, EXITS_FILE)).catch(() => null)) === null) return located;
  for (const [name, tensor] of await readTensors(model, path, EXITS_FILE))
    located.set(name, { ...tensor, file: EXITS_FILE });
  return located;
}

function filesOfIndex(model: string, index: unknown): readonly string[] {
  const map = (index as { weight_map?: unknown }).weight_map;
  const files = typeof map === "object" && map !== null ? [...new Set(Object.values(map))] : [];
  const named = files.filter((file): file is string => typeof file === "string" && file === basename(file));
  if (named.length === 0 || named.length !== files.length)
    fail({
      code: "model-broken",
      model,
      file: "model.safetensors.index.json",
      what: "its weight_map names no files of this folder",
    });
  return named;
}

async function readTensors(model: string, path: string, file: string): Promise<ReturnType<typeof unwrapTensors>> {
  const handle = await open(join(path, file)).catch(() =>
    fail({ code: "model-broken", model, file, what: "it cannot be read" }),
  );
  try {
    const { size } = await handle.stat();
    const prefix = new Uint8Array(Math.min(8, size));
    await handle.read(prefix, 0, prefix.length, 0);
    const head = new Uint8Array(unwrap(headerLength(model, file, prefix, size)));
    await handle.read(head, 0, head.length, 0);
    return unwrapTensors(model, file, head, size);
  } finally {
    await handle.close();
  }
}

const unwrapTensors = (model: string, file: string, head: Uint8Array, size: number) =>
  unwrap(readSafetensors(model, file, head, size));

/** The shard's bytes [from, to), copied from where its tensors lie; padding between them is zero. */
async function assemble(path: string, recipe: ShardRecipe, from = 0, to = recipe.bytes): Promise<Uint8Array> {
  const part = new Uint8Array(to - from);
  const wanted = recipe.tensors.filter(({ offset, bytes }) => offset < to && offset + bytes > from);
  for (const file of new Set(wanted.map(({ source }) => source.file))) {
    const handle = await open(join(path, file));
    try {
      for (const { offset, bytes, source } of wanted) {
        if (source.file !== file) continue;
        const first = Math.max(offset, from);
        await fillFrom(
          handle,
          part.subarray(first - from, Math.min(offset + bytes, to) - from),
          source.offset + first - offset,
        );
      }
    } finally {
      await handle.close();
    }
  }
  return part;
}

const countParameters = (...recipes: readonly ShardRecipe[]): number =>
  recipes
    .flatMap(({ tensors }) => tensors)
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

/** `license:` of the model card's front matter. */
const licenceOf = (card: string | null): string | null =>
  card?.match(/^---\n[\s\S]*?^license:\s*(\S+)\s*$[\s\S]*?^---$/m)?.[1] ?? null;

async function requiredJson(model: string, path: string, name: string): Promise<unknown> {
  const value = await optionalJson(model, path, name);
  return (
    value ??
    fail({
      code: "model-broken",
      model,
      file: name,
      what: (await stat(path).catch(() => null)) === null ? `the folder ${path} does not exist` : "it is missing",
    })
  );
}

async function optionalJson(model: string, path: string, name: string): Promise<unknown> {
  const text = await optionalText(join(path, name));
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return fail({ code: "model-broken", model, file: name, what: "it is not JSON" });
  }
}

const optionalText = (path: string): Promise<string | null> => readFile(path, "utf8").catch(() => null);
