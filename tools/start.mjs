/**
 * `npm start`: installs what is missing, builds what is stale and starts the edge server, which
 * serves everything. Whatever stands behind `--` goes to the edge server (`--help` lists it);
 * `--check` starts nothing and says whether a demo would need the network.
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./build.mjs";
import { edgeEnvironment } from "./edge-environment.mjs";
import { ensureInstalled, missingPackages } from "./install.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);

if (words.includes("--check")) {
  const { checkDemo } = await import("./check.mjs");
  const others = words.filter((word) => word !== "--check");
  // Where packages are missing the check says so; only the bundler among them could build a plugin.
  const { builtWords } =
    missingPackages(root).length === 0 ? await import("./plugin-bundle.mjs") : { builtWords: null };
  process.exit((await checkDemo(root, builtWords === null ? others : await builtWords(root, others))) ? 0 : 1);
}

ensureInstalled(root);
ensureBuilt(root);
const { builtWords } = await import("./plugin-bundle.mjs"); // needs what is installed by now

const edge = spawn(process.execPath, [join(root, "dist/edge/main.js"), ...(await builtWords(root, words))], {
  cwd: root,
  env: edgeEnvironment(),
  stdio: "inherit",
});
// The terminal sends Ctrl-C to both; a process manager signals only this one.
for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => edge.kill(signal));
process.on("SIGINT", () => {});
edge.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1);
});
