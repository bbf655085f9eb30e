/**
 * Models over HTTP, under the same names as on a static host: `/models/index.json`,
 * `/models/<name>/<file>` for a fixed list of files, `/shards/<sha256>` for weights. Names are
 * looked up, never turned into paths.
 */
import { createHash } from "node:crypto";
import { GROUND_FILE } from "#core/model/ground.ts";
import { everyShard, type Shard } from "#core/model/manifest.ts";
import type { ModelFolder } from "#node/model/model-folder.ts";
import { BINARY, inMemory, typeOf, type Content } from "./content.ts";

const FILES: ReadonlySet<string> = new Set([
  "tokenizer.json",
  "tokenizer_config.json",
  "generation_config.json",
  "config.json",
  "README.md",
  GROUND_FILE,
]);

export class ModelContents {
  readonly #folders: ReadonlyMap<string, ModelFolder>;
  readonly #shards: ReadonlyMap<string, { readonly shard: Shard; readonly folder: ModelFolder }>;
  readonly #listed: () => readonly string[];

  /** `listed` names those that are offered. */
  constructor(folders: readonly ModelFolder[], listed: () => readonly string[]) {
    this.#listed = listed;
    this.#folders = new Map(folders.map((folder) => [folder.manifest.name, folder]));
    const shards = folders.flatMap((folder) =>
      everyShard(folder.manifest).map((shard) => [shard.sha256, { shard, folder }] as const),
    );
    this.#shards = new Map(shards);
  }

  /** What a URL path below /models/ or /shards/ names, or null. */
  async find(path: string): Promise<Content | null> {
    const [, area, name = "", file, ...rest] = path.split("/");
    if (rest.length > 0) return null;
    if (area === "shards" && file === undefined) return this.#shard(name);
    if (area !== "models") return null;
    if (name === "index.json" && file === undefined)
      return textContent("index.json", JSON.stringify(await this.#index()));
    const folder = this.#folders.get(name);
    if (folder === undefined || file === undefined) return null;
    if (file === "manifest.json") return textContent(file, JSON.stringify(folder.manifest));
    const text = FILES.has(file) ? await folder.file(file) : null;
    return text === null ? null : textContent(file, text);
  }

  async #index(): Promise<readonly object[]> {
    const listed = new Set(this.#listed());
    const offered = [...this.#folders].filter(([name]) => listed.has(name));
    return Promise.all(
      offered.map(async ([name, folder]) => {
        const below = `models/${encodeURIComponent(name)}/`;
        const ground = (await folder.file(GROUND_FILE)) === null ? {} : { ground: below + GROUND_FILE };
        return { name, manifest: `${below}manifest.json`, ...ground };
      }),
    );
  }

  async #shard(sha256: string): Promise<Content | null> {
    const found = this.#shards.get(sha256);
    if (found === undefined) return null;
    const { folder, shard } = found;
    return {
      size: shard.bytes,
      read: (from, to) => folder.readPart(shard, from, to),
      type: BINARY,
      tag: sha256,
      immutable: true,
    };
  }
}

function textContent(name: string, text: string): Content {
  const bytes = Buffer.from(text);
  return {
    ...inMemory(bytes),
    type: typeOf(name),
    tag: createHash("sha256").update(bytes).digest("hex").slice(0, 32),
    immutable: false,
  };
}
