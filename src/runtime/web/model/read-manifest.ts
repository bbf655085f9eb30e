/**
 * A manifest as it arrives over HTTP, read once: after this its shapes, hashes and sizes can be
 * relied on. That the bytes behind it are the right ones is for the shard store to say.
 */
import type { Architecture, Rope } from "#core/model/architecture.ts";
import { FAMILY_NAMES } from "#core/model/families/registry.ts";
import type { ModelExit, ModelManifest, Shard } from "#core/model/manifest.ts";
import { refuse, type Result } from "#core/run/failure.ts";
import {
  atLeast,
  flag,
  isRecord,
  list,
  matching,
  nullable,
  number,
  object,
  oneOf,
  readJson,
  readWith,
  text,
  unfit,
  whole,
  type Reader,
} from "#core/run/json-reader.ts";

const hash = matching(/^[0-9a-f]{64}$/, "a SHA-256 in hex");

const yarn = object({
  factor: number,
  originalContext: whole(1),
  fastTurns: number,
  slowTurns: number,
  wholePairs: flag,
  attentionFactor: number,
});

const scaling: Reader<Rope["scaling"]> = (value, path) => {
  const { kind } = object({ kind: oneOf("none", "linear", "llama3", "yarn") })(value, path);
  if (kind === "none") return { kind };
  if (kind === "linear") return { kind, ...object({ factor: number })(value, path) };
  if (kind === "yarn") return { kind, ...yarn(value, path) };
  return {
    kind,
    ...object({ factor: number, lowFreqFactor: number, highFreqFactor: number, originalContext: whole(1) })(
      value,
      path,
    ),
  };
};

const rope: Reader<Rope> = object({ theta: atLeast(0), scaling });

const commonShape = object({
  family: oneOf(...FAMILY_NAMES),
  blocks: whole(1, 1024),
  hidden: whole(1),
  heads: whole(1),
  kvHeads: whole(1),
  headSize: whole(1),
  intermediate: whole(1),
  vocabulary: whole(1),
  context: whole(1),
  normEpsilon: atLeast(0),
  rope: nullable(rope),
  tiedEmbedding: flag,
  attentionBias: flag,
  mlpBias: flag,
});

/** What most models have none of is a key that they have not, so that their revisions stay what they were. */
const architecture: Reader<Architecture> = (value, path) => {
  const optional = <K extends string, T>(key: K, reader: Reader<T>): { readonly [P in K]?: T } =>
    isRecord(value) && value[key] !== undefined
      ? ({ [key]: reader(value[key], `${path}.${key}`) } as { readonly [P in K]: T })
      : {};
  return {
    ...commonShape(value, path),
    ...optional("windows", list(nullable(whole(1)))),
    ...optional("rotated", list(flag)),
    ...optional("localRope", object({ rope, blocks: list(flag) })),
    ...optional("attentionScale", atLeast(0)),
  };
};

const shardShape: Reader<Shard> = object({
  sha256: hash,
  bytes: whole(0),
  tensors: list(
    object({ name: text, type: oneOf("F32", "F16", "BF16"), shape: list(whole(0)), offset: whole(0), bytes: whole(0) }),
  ),
});

const shard: Reader<Shard> = (value, path) => {
  const read = shardShape(value, path);
  const past = read.tensors.find(({ offset, bytes }) => offset + bytes > read.bytes);
  return past === undefined
    ? read
    : unfit(`${path}.tensors`, past.name, `inside the shard's ${String(read.bytes)} bytes`);
};

const manifestShape = object({
  schema: oneOf(1),
  name: text,
  architecture,
  stopIds: list(whole(0)),
  parameters: whole(0),
  licence: nullable(text),
  embedding: shard,
  blocks: list(shard),
  norm: shard,
  head: nullable(shard),
  revision: hash,
});

const exit: Reader<ModelExit> = object({ depth: whole(1), shard });

/** A model without exits has no such key. */
const exitsOf = (value: unknown, blocks: number): Pick<ModelManifest, "exits"> => {
  if (!isRecord(value) || value["exits"] === undefined) return {};
  const exits = list(exit)(value["exits"], "exits");
  exits.forEach(({ depth, shard: { tensors } }, index) => {
    if (depth > blocks || depth <= (exits[index - 1]?.depth ?? 0))
      unfit(`exits[${index}].depth`, depth, `up to ${String(blocks)} blocks, each deeper than the one before it`);
    if (tensors.length !== 2)
      unfit(`exits[${index}].shard.tensors`, `${String(tensors.length)} tensors`, "2: a norm and a projection");
  });
  return { exits };
};

const manifest: Reader<ModelManifest> = (value, path) => {
  const core = manifestShape(value, path);
  const read: ModelManifest = { ...core, ...exitsOf(value, core.architecture.blocks) };
  const { blocks, tiedEmbedding } = read.architecture;
  if (read.blocks.length !== blocks)
    unfit("blocks", `${String(read.blocks.length)} shards`, `${String(blocks)}, as the architecture says`);
  if ((read.head === null) !== tiedEmbedding)
    unfit("head", read.head === null ? "none" : "a shard", tiedEmbedding ? "none: the head is tied" : "a shard");
  return read;
};

/** Failures: model-broken naming what does not fit. */
export function readManifest(model: string, source: string): Result<ModelManifest> {
  const broken = (what: string) => refuse({ code: "model-broken", model, file: "manifest.json", what });
  const json = readJson(source);
  if ("why" in json) return broken(json.why);
  const result = readWith(manifest, json.value);
  if (result.ok || result.failure.code !== "bad-value") return result;
  return broken(`${result.failure.key} should be ${result.failure.expected}, got ${result.failure.value}`);
}

export interface IndexEntry {
  readonly name: string;
  /** Relative to the origin, as is `ground`. */
  readonly manifest: string;
  /** Null where the model's folder has none. */
  readonly ground: string | null;
}

const ground: Reader<string | null> = (value, path) => (value === undefined ? null : text(value, path));

/** `models/index.json`: which models an origin has, and where their files lie. */
export function readModelIndex(source: string): Result<readonly IndexEntry[]> {
  const broken = (what: string) =>
    refuse({ code: "model-broken", model: "models/index.json", file: "index.json", what });
  const json = readJson(source);
  if ("why" in json) return broken(json.why);
  const result = readWith(list(object({ name: text, manifest: text, ground })), json.value);
  return result.ok || result.failure.code !== "bad-value"
    ? result
    : broken(`${result.failure.key} should be ${result.failure.expected}`);
}
