/**
 * Builds what is stale: the page, the edge server and the tools, all by Vite, into dist/.
 * The stamp is written last, so a build that was broken off counts as stale.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildIdentity } from "./inputs.mjs";

const OUTPUTS = ["dist/page/index.html", "dist/edge/main.js", "dist/edge/compute-entry.js"];

/** Why dist/ does not match the sources, or null when it does. */
export function stalenessOf(/** @type {string} */ root) {
  const stamp = join(root, "dist/stamp.json");
  if (!existsSync(stamp)) return "nothing is built yet";
  const lost = OUTPUTS.find((path) => !existsSync(join(root, path)));
  if (lost !== undefined) return `${lost} is missing`;
  const built = /** @type {{ id: string, commit: string }} */ (JSON.parse(readFileSync(stamp, "utf8")));
  const wanted = buildIdentity(root);
  if (built.id !== wanted.id) return "the sources have changed since the last build";
  return built.commit === wanted.commit ? null : "another commit is checked out";
}

/** Builds when stale; ends the process when the build fails. */
export function ensureBuilt(/** @type {string} */ root) {
  const why = stalenessOf(root);
  if (why === null) return;
  console.log(`Building: ${why}.`);
  rmSync(join(root, "dist/stamp.json"), { force: true });
  const identity = buildIdentity(root);
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const { status } = spawnSync(process.execPath, [vite, "build", "--app", "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CUTLAYER_BUILD: JSON.stringify(identity) },
  });
  if (status !== 0) {
    console.error("The build failed: see the message above.");
    process.exit(1);
  }
  writeFileSync(join(root, "dist/stamp.json"), `${JSON.stringify(identity, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureBuilt(dirname(dirname(fileURLToPath(import.meta.url))));
