/**
 * Installs what is missing, and nothing when nothing is: npm writes what it installed into
 * node_modules/.package-lock.json, so comparing that with package-lock.json needs no network.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{ version?: string, optional?: boolean, peer?: boolean, link?: boolean }} Locked */
function packagesIn(/** @type {string} */ path) {
  if (!existsSync(path)) return {};
  const { packages } = /** @type {{ packages: Record<string, Locked> }} */ (JSON.parse(readFileSync(path, "utf8")));
  return packages;
}

/** The locked packages that are not installed at their locked version, by path. */
export function missingPackages(/** @type {string} */ root) {
  const installed = packagesIn(join(root, "node_modules/.package-lock.json"));
  return Object.entries(packagesIn(join(root, "package-lock.json")))
    .filter(([path, { optional }]) => path !== "" && !optional)
    .filter(
      ([path, { version }]) => installed[path]?.version !== version || !existsSync(join(root, path, "package.json")),
    )
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
}

/**
 * Installs when something is missing; ends the process when that fails. Not `npm ci`: it refuses a
 * lock that lacks another platform's optional binaries, which a registry may not carry.
 */
export function ensureInstalled(/** @type {string} */ root) {
  requireNode();
  const missing = missingPackages(root);
  if (missing.length === 0) return;
  console.log(`Installing ${missing.length} packages (this needs the network, once).`);
  const { status } = spawnSync("npm", ["install", "--no-save", "--no-fund", "--no-audit"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error("npm could not install the packages: see its message above. Nothing else was changed.");
  process.exit(1);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Cutlayer needs Node 20.19 or later; this is ${process.version}.`);
  process.exit(1);
}
