/**
 * The built page's files. A request names an entry of the folder's own listing or nothing: no path
 * is ever put together from what was asked, so none can lead out of the folder.
 */
import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { typeOf, type Content } from "./content.ts";

/** Names that carry a hash of their content, as the bundler writes them. */
const HASHED = /(^|\/)assets\/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;
const RELIST_AFTER_MS = 1000;

export class PageFiles {
  readonly #folder: string;
  #listing: ReadonlyMap<string, string> = new Map();
  #listedMs = -Infinity;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file at a URL path, or null. A folder's path is its index.html. */
  async find(path: string): Promise<Content | null> {
    const name = path.endsWith("/") ? `${path}index.html` : path;
    const file = (await this.#list(false)).get(name) ?? (await this.#list(true)).get(name);
    return file === undefined ? null : this.#describe(name, file);
  }

  /** Read again when asked for what is missing, so that a rebuilt page is found. */
  async #list(again: boolean): Promise<ReadonlyMap<string, string>> {
    const fresh = performance.now() - this.#listedMs < RELIST_AFTER_MS;
    if (fresh || (!again && this.#listing.size > 0)) return this.#listing;
    this.#listedMs = performance.now();
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    this.#listing = new Map(files.map((file) => [`/${relative(this.#folder, file).split(sep).join("/")}`, file]));
    return this.#listing;
  }

  async #describe(name: string, file: string): Promise<Content | null> {
    const found = await stat(file).catch(() => null);
    if (found === null) return null;
    const tag = createHash("sha256").update(`${name}\0${found.size}\0${found.mtimeMs}`).digest("hex").slice(0, 32);
    return { size: found.size, read: () => readFile(file), type: typeOf(name), tag, immutable: HASHED.test(name) };
  }
}
