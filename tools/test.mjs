/**
 * `npm test`: installs and builds what is missing, then runs every check to its end, so that one
 * run says everything that is wrong. Each check counts as one; unit tests and browser tests count
 * themselves. The last line, "N passed, N failed", is what CI reads.
 * `npm test -- types lint` runs only those; `npm test -- plugin FILE` holds a plugin of one's own to its contract.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "./install.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(root, "test-results");

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

function run(
  /** @type {string} */ script,
  /** @type {string[]} */ args,
  /** @type {Record<string, string>} */ env = {},
) {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules", script), ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return status === 0;
}

/** A tool that only says yes or no. */
const check =
  (/** @type {string} */ script, /** @type {string[]} */ ...args) =>
  () =>
    run(script, args) ? count(1, 0, 0) : count(0, 1, 0);

const count = (/** @type {number} */ passed, /** @type {number} */ failed, /** @type {number} */ skipped) => ({
  passed,
  failed,
  skipped,
});

/** A runner's JSON report, or null when it died before writing one. */
function report(/** @type {string} */ file) {
  try {
    return /** @type {unknown} */ (JSON.parse(readFileSync(join(results, file), "utf8")));
  } catch {
    return null;
  }
}

/** A runner that failed without a failing test (a file that does not load, a dead server) counts as one failure. */
const atLeastOne = (/** @type {Count} */ counted, /** @type {boolean} */ succeeded) =>
  succeeded || counted.failed > 0 ? counted : { ...counted, failed: 1 };

function vitest() {
  const succeeded = run("vitest/vitest.mjs", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${join(results, "vitest.json")}`,
  ]);
  const found = /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number } | null} */ (
    report("vitest.json")
  );
  return atLeastOne(
    found ? count(found.numPassedTests, found.numFailedTests, found.numPendingTests) : count(0, 0, 0),
    succeeded,
  );
}

async function playwright() {
  const { findBrowser, NO_BROWSER } = await import("./browser.mjs");
  const browser = await findBrowser();
  if (browser === null) {
    console.error(NO_BROWSER);
    return count(0, 1, 0);
  }
  const { ensureBuilt } = await import("./build.mjs");
  ensureBuilt(root);
  const succeeded = run("@playwright/test/cli.js", ["test"], {
    CUTLAYER_CHROME: browser,
    PLAYWRIGHT_JSON_OUTPUT_FILE: join(results, "playwright.json"),
  });
  const found =
    /** @type {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number } } | null} */ (
      report("playwright.json")
    );
  return atLeastOne(
    found
      ? count(found.stats.expected + found.stats.flaky, found.stats.unexpected, found.stats.skipped)
      : count(0, 0, 0),
    succeeded,
  );
}

/** @type {Record<string, () => Count | Promise<Count>>} */
const CHECKS = {
  format: check("oxfmt/bin/oxfmt", "--check", "."),
  types: check("typescript/bin/tsc", "-b"),
  lint: check("oxlint/bin/oxlint", "--type-aware"),
  unused: check("knip/bin/knip.js", "--no-progress"),
  unit: vitest,
  browser: playwright,
};

const wanted = process.argv.slice(2);
if (wanted[0] === "plugin") {
  ensureInstalled(root);
  const { ensureBuilt } = await import("./build.mjs");
  ensureBuilt(root);
  const { status } = spawnSync(process.execPath, [join(root, "dist/tools/check-plugin.js"), ...wanted.slice(1)], {
    stdio: "inherit",
  });
  process.exit(status ?? 1);
}
const unknown = wanted.filter((name) => !Object.hasOwn(CHECKS, name));
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(", ")}. There are: ${Object.keys(CHECKS).join(", ")}.`);
  process.exit(2);
}

ensureInstalled(root);
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const total = count(0, 0, 0);
/** @type {string[]} */
const lines = [];
for (const [name, perform] of Object.entries(CHECKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  const { passed, failed, skipped } = await perform();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  lines.push(
    `${failed === 0 ? "ok  " : "FAIL"} ${name.padEnd(8)} ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`,
  );
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
console.log(`\n${lines.join("\n")}\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
