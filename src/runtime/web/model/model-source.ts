/**
 * The models of an origin: the page's own, or another edge server's. What a model is comes from
 * its manifest, its words from its tokenizer, its weights through the shard store; manifests and
 * tokenizers are asked for once, until the origin is seen to serve others.
 */
import type { ModelManifest, Shard } from "#core/model/manifest.ts";
import { fail, unwrap, type Failure } from "#core/run/failure.ts";
import type { DownloadPlan, ModelSummary } from "#core/run/worker-api.ts";
import { folderTokenizer } from "#engine/model/folder-tokenizer.ts";
import type { CancelSignal, Tokenizer } from "#engine/ports.ts";
import type { ModelSource } from "#engine/run/world.ts";
import { fetchText } from "../storage/fetch-text.ts";
import { webFetch, type Fetch } from "../storage/fetching.ts";
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
  const shards = new WebShardStore({ ...parts, locate: ({ sha256 }) => new URL(`shards/${sha256}`, parts.base).href });
  const files = new OriginFiles(parts.base, parts.fetch ?? webFetch);
  const opened = new Map<string, ModelSource>();
  return {
    base: parts.base,
    manifest: (name, signal) => files.manifest(name, undefined, signal),
    async open(name, signal) {
      const held = opened.get(name);
      if (held !== undefined) return held;
      const tokenizer = files.tokenizer(name, signal);
      tokenizer.catch(() => undefined); // a model that is not there at all is the better thing to say
      const manifest = await files.manifest(name, undefined, signal);
      const source: ModelSource = { manifest, tokenizer: await tokenizer, shards };
      opened.set(name, source);
      return source;
    },
    forget() {
      opened.clear();
      files.forget();
    },
    plan: (wanted) => shards.plan(wanted),
    get refusal() {
      return shards.refusal;
    },
    summaries: async () =>
      Promise.all(
        (await files.index()).map(async ({ name, manifest, ground }) =>
          summaryOf(await files.manifest(name, manifest), ground === null ? null : new URL(ground, parts.base).href),
        ),
      ),
  };
}

/** The files below an origin that say what its models are. A manifest is asked for once. */
class OriginFiles {
  readonly #base: string;
  readonly #fetch: Fetch;
  readonly #manifests = new Map<string, ModelManifest>();

  constructor(base: string, fetch: Fetch) {
    this.#base = base;
    this.#fetch = fetch;
  }

  async index(): Promise<readonly IndexEntry[]> {
    const index = await this.#text("models/index.json");
    return index === null ? [] : unwrap(readModelIndex(index));
  }

  async manifest(name: string, path = `${folderOf(name)}manifest.json`, signal?: CancelSignal): Promise<ModelManifest> {
    const held = this.#manifests.get(name);
    if (held !== undefined) return held;
    const source = await this.#text(path, signal);
    if (source === null)
      return fail({ code: "unknown-model", model: name, known: (await this.index()).map((entry) => entry.name) });
    const manifest = unwrap(readManifest(name, source));
    this.#manifests.set(name, manifest);
    return manifest;
  }

  async tokenizer(name: string, signal?: CancelSignal): Promise<Tokenizer> {
    const text = (file: string): Promise<string | null> => this.#text(folderOf(name) + file, signal);
    const [tokenizer, config] = await Promise.all([text("tokenizer.json"), text("tokenizer_config.json")]);
    return unwrap(folderTokenizer(name, tokenizer, config));
  }

  forget(): void {
    this.#manifests.clear();
  }

  #text(path: string, signal?: CancelSignal): Promise<string | null> {
    return fetchText(path, this.#base, this.#fetch, signal);
  }
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
