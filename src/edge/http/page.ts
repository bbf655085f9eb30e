/**
 * The built page's files. A request names an entry of the folder's own listing or nothing: no path
 * is ever put together from what was asked, so none can lead out of the folder.
 */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { readBytes } from "#node/model/file-bytes.ts";
import { typeOf, type Content } from "./content.ts";

/** Names that carry a hash of their content, as the bundler writes them. */
const HASHED = /(^|\/)assets\/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;
const RELIST_AFTER_MS = 1000;

export class PageFiles {
  readonly #folder: string;
  #listing: Promise<ReadonlyMap<string, string>> | null = null;
  #listedMs = -Infinity;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file at a URL path, or null. A folder's path is its index.html. */
  async find(path: string): Promise<Content | null> {
    const name = path.endsWith("/") ? `${path}index.html` : path;
    const file = (await this.#list()).get(name) ?? (await this.#listAgain()).get(name);
    return file === undefined ? null : this.#describe(name, file);
  }

  #list(): Promise<ReadonlyMap<string, string>> {
    return this.#listing ?? this.#listAgain();
  }

  /** Read again when asked for what is missing, so that a rebuilt page is found; once a second at most. */
  #listAgain(): Promise<ReadonlyMap<string, string>> {
    const nowMs = performance.now();
    if (this.#listing !== null && nowMs - this.#listedMs < RELIST_AFTER_MS) return this.#listing;
    this.#listedMs = nowMs;
    return (this.#listing = listingOf(this.#folder));
  }

  async #describe(name: string, file: string): Promise<Content | null> {
    const found = await stat(file).catch(() => null);
    if (found === null) return null;
    const tag = createHash("sha256").update(`${name}\0${found.size}\0${found.mtimeMs}`).digest("hex").slice(0, 32);
    return {
      size: found.size,
      read: (from, to) => readBytes(file, from, to),
      type: typeOf(name),
      tag,
      immutable: HASHED.test(name),
    };
  }
}

/** URL paths to files; symbolic links are not followed, and a folder that cannot be read has none. */
async function listingOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [`/${relative(folder, file).split(sep).join("/")}`, file]));
}
