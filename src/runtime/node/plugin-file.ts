/** A bundled plugin on disk: read once, named by its hash, loaded into this thread. Twin: runtime/web/plugin-file.ts. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { PluginFile } from "#core/plugin/identity.ts";
import { importPlugin } from "#core/plugin/plugins.ts";
import type { Addition } from "#core/plugin/read-plugin.ts";
import { refuse, type Result } from "#core/run/failure.ts";

export interface PluginOnDisk extends PluginFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Failures: plugin-unfit. */
export async function readPluginFile(path: string): Promise<Result<PluginOnDisk>> {
  const name = basename(path);
  if (!/\.m?js$/.test(name))
    return refuse({
      code: "plugin-unfit",
      file: name,
      what: "it is not built: npm start -- --plugin takes TypeScript, the edge server itself a module that is bundled already",
    });
  // `mine.ts.js` is what the bundler made of mine.ts, which is what its author calls it.
  const file = name.replace(/(\.[cm]?[jt]sx?)\.js$/, "$1");
  try {
    const bytes = await readFile(path);
    return {
      ok: true,
      value: { file, sha256: createHash("sha256").update(bytes).digest("hex"), path: resolve(path), bytes },
    };
  } catch (thrown) {
    return refuse({
      code: "plugin-unfit",
      file,
      what: `it cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    });
  }
}

/** Joins it to this thread's registries. Failures: plugin-unfit. */
export const joinPluginFile = ({
  file,
  sha256,
  path,
}: Omit<PluginOnDisk, "bytes">): Promise<Result<readonly Addition[]>> =>
  importPlugin({ file, sha256 }, () => import(pathToFileURL(path).href) as Promise<{ readonly default?: unknown }>);
