/**
 * A manifest as it arrives over HTTP, read once: after this its shapes, hashes and sizes can be
 * relied on. That the bytes behind it are the right ones is for the shard store to say.
 */
import { ARCHITECTURE } from "#core/model/architecture.ts";
import { FAMILY_NAMES } from "#core/model/families/registry.ts";
import { MANIFEST, type ModelManifest } from "#core/model/manifest.ts";
import { refuse, type Result } from "#core/run/failure.ts";
import { readJson } from "#core/schema/json.ts";
import { readWith } from "#core/schema/read.ts";
import { list, object, oneOf, orElse, ruled, text, type Misfit, type Value } from "#core/schema/schema.ts";

/** Only of a family that this version has. */
const architecture = object({ ...ARCHITECTURE, family: oneOf(...FAMILY_NAMES) });
const manifest = ruled(object({ ...MANIFEST, architecture }), (read) => shardsMisfit(read) ?? exitsMisfit(read));

/** There are as many shards as the architecture says. */
function shardsMisfit({ architecture: { blocks, tiedEmbedding }, ...read }: ModelManifest): Misfit | null {
  if (read.blocks.length !== blocks)
    return { at: ["blocks"], found: `${read.blocks.length} shards`, expected: `${blocks}, as the architecture says` };
  if ((read.head === null) === tiedEmbedding) return null;
  const expected = tiedEmbedding ? "none: the head is tied" : "a shard";
  return { at: ["head"], found: read.head === null ? "none" : "a shard", expected };
}

function exitsMisfit({ exits = [], architecture: { blocks } }: ModelManifest): Misfit | null {
  for (const [index, { depth, shard }] of exits.entries()) {
    if (depth > blocks || depth <= (exits[index - 1]?.depth ?? 0))
      return {
        at: ["exits", index, "depth"],
        found: depth,
        expected: `up to ${blocks} blocks, each deeper than the one before it`,
      };
    const { length } = shard.tensors;
    if (length !== 2)
      return {
        at: ["exits", index, "shard", "tensors"],
        found: `${length} tensors`,
        expected: "2: a norm and a projection",
      };
  }
  return null;
}

/** Failures: model-broken naming what does not fit. */
export function readManifest(model: string, source: string): Result<ModelManifest> {
  const broken = (what: string) => refuse({ code: "model-broken", model, file: "manifest.json", what });
  const json = readJson(source);
  if ("why" in json) return broken(json.why);
  const result = readWith(manifest, json.value);
  if (result.ok || result.failure.code !== "bad-value") return result;
  return broken(`${result.failure.key} should be ${result.failure.expected}, got ${result.failure.value}`);
}

const indexEntry = object({
  name: text,
  /** Relative to the origin, as is `ground`. */
  manifest: text,
  /** Null where the model's folder has none. */
  ground: orElse(text, null),
});
export type IndexEntry = Value<typeof indexEntry>;

/** `models/index.json`: which models an origin has, and where their files lie. */
export function readModelIndex(source: string): Result<readonly IndexEntry[]> {
  const broken = (what: string) =>
    refuse({ code: "model-broken", model: "models/index.json", file: "index.json", what });
  const json = readJson(source);
  if ("why" in json) return broken(json.why);
  const result = readWith(list(indexEntry), json.value);
  return result.ok || result.failure.code !== "bad-value"
    ? result
    : broken(`${result.failure.key} should be ${result.failure.expected}`);
}
