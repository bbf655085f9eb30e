/**
 * Puts the house models where a plain file server can serve them: beside what is in public/, the
 * built page gets `models/index.json`, each model's manifest, and its weights as shards named by
 * their SHA-256. The weights are written once, as shards: model.safetensors itself stays behind.
 */
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Plugin } from "vite";
import { GROUND_FILE } from "../src/core/model/ground.ts";
import { everyShard } from "../src/core/model/manifest.ts";
import { unwrap } from "../src/core/run/failure.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";

async function writeModel(folder: ModelFolder, page: string): Promise<void> {
  const { manifest } = folder;
  await writeFile(join(page, "models", manifest.name, "manifest.json"), JSON.stringify(manifest));
  for (const shard of everyShard(manifest))
    await writeFile(join(page, "shards", shard.sha256), await folder.readShard(shard));
}

/** As the edge server lists it (src/edge/http/model-files.ts). */
async function indexEntry(folder: ModelFolder): Promise<object> {
  const { name } = folder.manifest;
  const ground = (await folder.file(GROUND_FILE)) === null ? {} : { ground: `models/${name}/${GROUND_FILE}` };
  return { name, manifest: `models/${name}/manifest.json`, ...ground };
}

export function publicFiles(root: string): Plugin {
  return {
    name: "cutlayer-public-files",
    apply: "build",
    applyToEnvironment: (environment) => environment.name === "client",
    async writeBundle({ dir }) {
      const page = dir ?? join(root, "dist/page");
      const from = join(root, "public");
      await cp(from, page, {
        recursive: true,
        filter: (path) => !basename(path).endsWith(".safetensors") && basename(path) !== "model.safetensors.index.json",
      });
      await mkdir(join(page, "shards"), { recursive: true });
      const names = await readdir(join(from, "models"));
      const folders = await Promise.all(
        names.map(async (name) => unwrap(await openModelFolder(join(from, "models", name)))),
      );
      for (const folder of folders) await writeModel(folder, page);
      const index = await Promise.all(folders.map(indexEntry));
      await writeFile(join(page, "models/index.json"), JSON.stringify(index));
    },
  };
}
