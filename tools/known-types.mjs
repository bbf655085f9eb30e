/**
 * What the compiler knows of this tree since it last compiled it, given to a copy of the tree: there
 * it compiles only what a change reaches. Where it knows nothing, or something else, it compiles all.
 */
import { existsSync } from "node:fs";
import { cp, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

const TYPES = ".cache/types";

/** `tree` has the sources of `root` already, and a link to its packages, which the compiler knows by their real paths. */
export async function giveKnownTypes(/** @type {string} */ root, /** @type {string} */ tree) {
  if (!existsSync(join(root, TYPES))) return;
  await cp(join(root, TYPES), join(tree, TYPES), { recursive: true });
  const folder = await realpath(join(tree, TYPES));
  const packages = relative(folder, await realpath(join(root, "node_modules"))).replaceAll("\\", "/");
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(".tsbuildinfo"))) {
    const known = await readFile(join(folder, name), "utf8");
    await writeFile(join(folder, name), known.replaceAll('"../../node_modules/', `"${packages}/`));
  }
}
