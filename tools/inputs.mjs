/**
 * What a build is made of, as a hash: the same inputs give the same build id, so a build is stale
 * exactly when the hash differs from the one in its stamp. Plain JavaScript without dependencies,
 * because `npm start` runs it before anything is installed.
 */
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Folders and files that end up in dist/, or decide what does. */
const INPUTS = [
  "index.html",
  "package.json",
  "package-lock.json",
  "vite.config.ts",
  "tsconfig.base.json",
  "src",
  "workers",
  "public",
  "tools",
  "e2e/bench",
];

/** Never part of a build. */
const isIgnored = (/** @type {string} */ path) =>
  /\.test\.tsx?$|(^|\/)tsconfig\.json$|\.md$|\.py$|^tools\/examples\/|^tools\/(start|test|check|install|build|dev)\.mjs$/.test(
    path,
  );

/** Larger files count by size and time of change: reading weights on every start would be felt. */
const WHOLE_FILE_BYTES = 2_000_000;

/** Every file below `path`, as paths from `root` with forward slashes, sorted. */
export function filesBelow(/** @type {string} */ root, /** @type {string} */ path) {
  const absolute = join(root, path);
  const found = statSync(absolute, { throwIfNoEntry: false });
  if (!found) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** Hash of everything that a build is made of, 64 hex digits. */
export function inputsHash(/** @type {string} */ root) {
  const hash = createHash("sha256");
  for (const path of INPUTS.flatMap((input) => filesBelow(root, input)).filter((path) => !isIgnored(path))) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0`);
    hash.update(size > WHOLE_FILE_BYTES ? String(mtimeMs) : readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

/** The commit that is checked out, or the one an exported archive was made from. */
export function commitOf(/** @type {string} */ root) {
  const git = (/** @type {string[]} */ ...words) =>
    execFileSync("git", words, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const commit = git("rev-parse", "--short=12", "HEAD");
    const changed = git("status", "--porcelain", "--untracked-files=no");
    return changed === "" ? commit : `${commit}+`;
  } catch {
    // No git, or no checkout: `git archive` has written the commit into this file.
    const archived = readFileSync(join(root, "tools/commit.txt"), "utf8").trim();
    return /^[0-9a-f]{12}/.test(archived) ? archived.slice(0, 12) : "unknown";
  }
}

/** What `src/core/run/build.ts` gets to see. */
export function buildIdentity(/** @type {string} */ root) {
  const { version } = /** @type {{ version: string }} */ (JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  return { version, commit: commitOf(root), id: inputsHash(root).slice(0, 12) };
}
