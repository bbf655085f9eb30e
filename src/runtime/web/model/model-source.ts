/**
 * The models of an origin: the page's own, or another edge server's. What a model is comes from
 * its manifest, its words from its tokenizer, its weights through the shard store; manifests and
 * tokenizers are asked for once, until the origin is seen to serve others.
 */
import type { ModelManifest, Shard } from "#core/model/manifest.ts";
import { fail, unwrap, type Failure } from "#core/run/failure.ts";
import type { DownloadPlan, ModelSummary } from "#core/run/worker-api.ts";
import { folderTokenizer } from "#engine/model/folder-tokenizer.ts";
import type { CancelSignal } from "#engine/ports.ts";
import type { ModelSource } from "#engine/run/world.ts";
import { fetchText } from "../storage/fetch-text.ts";
import { webFetch } from "../storage/fetching.ts";
import { readManifest, readModelIndex, type IndexEntry } from "./read-manifest.ts";
import { WebShardStore, type StoreParts } from "../storage/shard-store.ts";

export interface OriginParts extends Omit<StoreParts, "locate"> {
  /** Ends in a slash: `models/` and `shards/` lie below it. */
  readonly base: string;
}

export interface ModelOrigin {
  readonly base: string;
  /** Throws Failed: edge-unreachable, model-broken. */
  summaries(): Promise<readonly ModelSummary[]>;
  /** Throws Failed: unknown-model, edge-unreachable, download-failed, model-broken, stopped. */
  open(name: string, signal?: CancelSignal): Promise<ModelSource>;
  /** The manifest alone. Throws as `open`. */
  manifest(name: string, signal?: CancelSignal): Promise<ModelManifest>;
  /** Manifests and tokenizers are asked for anew. */
  forget(): void;
  /** What a set of shards would still need from the network. */
  plan(shards: readonly Shard[]): Promise<DownloadPlan>;
  /** Why the last shard could not be kept, null when all were. */
  readonly refusal: Failure | null;
}

export function modelOrigin(parts: OriginParts): ModelOrigin {
  const fetch = parts.fetch ?? webFetch;
  const shards = new WebShardStore({ ...parts, locate: ({ sha256 }) => new URL(`shards/${sha256}`, parts.base).href });
  const opened = new Map<string, ModelSource>();
  const manifests = new Map<string, ModelManifest>();
  const get = (path: string, signal?: CancelSignal): Promise<string | null> =>
    fetchText(path, parts.base, fetch, signal);

  const known = async (): Promise<readonly IndexEntry[]> => {
    const index = await get("models/index.json");
    return index === null ? [] : unwrap(readModelIndex(index));
  };

  const manifestAt = async (name: string, path: string, signal?: CancelSignal): Promise<ModelManifest> => {
    const held = manifests.get(name);
    if (held !== undefined) return held;
    const source = await get(path, signal);
    if (source === null)
      return fail({ code: "unknown-model", model: name, known: (await known()).map((entry) => entry.name) });
    const manifest = unwrap(readManifest(name, source));
    manifests.set(name, manifest);
    return manifest;
  };

  const manifest = (name: string, signal?: CancelSignal): Promise<ModelManifest> =>
    manifestAt(name, `${folderOf(name)}manifest.json`, signal);

  const open = async (name: string, signal?: CancelSignal): Promise<ModelSource> => {
    const held = opened.get(name);
    if (held !== undefined) return held;
    const file = async (file: string): Promise<string> =>
      (await get(folderOf(name) + file, signal)) ??
      fail({ code: "model-broken", model: name, file, what: "it is missing" });
    const files = Promise.all([file("tokenizer.json"), file("tokenizer_config.json")]);
    files.catch(() => undefined); // a model that is not there at all is the better thing to say
    const read = await manifest(name, signal);
    const [tokenizer, config] = await files;
    const source: ModelSource = { manifest: read, tokenizer: unwrap(folderTokenizer(name, tokenizer, config)), shards };
    opened.set(name, source);
    return source;
  };

  return {
    base: parts.base,
    manifest,
    open,
    forget: () => {
      opened.clear();
      manifests.clear();
    },
    plan: (wanted) => shards.plan(wanted),
    get refusal() {
      return shards.refusal;
    },
    summaries: async () =>
      Promise.all(
        (await known()).map(async ({ name, manifest: path, ground }) =>
          summaryOf(await manifestAt(name, path), ground === null ? null : new URL(ground, parts.base).href),
        ),
      ),
  };
}

const folderOf = (name: string): string => `models/${encodeURIComponent(name)}/`;

export function summaryOf(manifest: ModelManifest, groundUrl: string | null): ModelSummary {
  const { architecture: a } = manifest;
  return {
    name: manifest.name,
    revision: manifest.revision,
    architecture: a.family,
    blocks: a.blocks,
    hidden: a.hidden,
    vocabulary: a.vocabulary,
    context: a.context,
    parameters: manifest.parameters,
    licence: manifest.licence,
    groundUrl,
    shardBytes: {
      embedding: manifest.embedding.bytes,
      block: manifest.blocks.map((shard) => shard.bytes),
      head: manifest.norm.bytes + (manifest.head?.bytes ?? 0),
      tied: manifest.head === null,
    },
  };
}
