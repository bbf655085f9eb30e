/**
 * `npm run dev`: Vite serves the page with hot reload and passes the rest on to an edge server,
 * which is built again and started again when its sources change.
 */
import { spawn, spawnSync } from "node:child_process";
import { rmSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { edgeEnvironment } from "./edge-environment.mjs";
import { ensureInstalled } from "./install.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const EDGE_PORT = 8081;
const EDGE_SOURCES = ["src/core", "src/wire", "src/engine", "src/runtime/node", "src/edge"];

ensureInstalled(root);
const { builtWords } = await import("./plugin-bundle.mjs");
const words = await builtWords(root, process.argv.slice(2));

const vite = join(root, "node_modules/vite/bin/vite.js");
const startEdge = () =>
  spawn(
    process.execPath,
    [join(root, "dist/edge/main.js"), "--port", String(EDGE_PORT), "--host", "127.0.0.1", ...words],
    { cwd: root, env: edgeEnvironment(), stdio: "inherit" },
  );

function buildEdge() {
  // dist/ no longer is what its stamp says.
  rmSync(join(root, "dist/stamp.json"), { force: true });
  const { status } = spawnSync(process.execPath, [vite, "build", "--app", "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CUTLAYER_ONLY: "edge" },
  });
  return status === 0;
}

if (!buildEdge()) process.exit(1);
let edge = startEdge();
const page = spawn(process.execPath, [vite], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, EDGE: `http://127.0.0.1:${EDGE_PORT}` },
});

/** @type {NodeJS.Timeout | undefined} */
let pending;
for (const folder of EDGE_SOURCES) {
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(pending);
    pending = setTimeout(restart, 300);
  });
}

function restart() {
  console.log("The edge server's sources have changed: building and starting it again.");
  if (!buildEdge()) return; // The old one keeps running; the message above says why.
  edge.once("exit", () => (edge = startEdge()));
  edge.kill("SIGTERM");
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.on(signal, () => {
    page.kill("SIGTERM");
    edge.kill("SIGTERM");
    process.exit(0);
  });
}
