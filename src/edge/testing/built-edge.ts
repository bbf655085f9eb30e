/**
 * The edge server as it is shipped: built by Vite, started as a process of its own with its
 * compute in worker threads. For tests of what only that can show.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export const houseModel = (name: string): string => join(ROOT, "public/models", name);

/** Below the root, as dist/edge is, so that packages and house models are found the same way. Returns what removes it. */
export async function buildEdge(): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  await mkdir(join(ROOT, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(ROOT, ".cache/edge-"));
  await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    publicDir: false,
    resolve: { external: true, conditions: ["node", "module"] },
    build: {
      ssr: true,
      outDir: folder,
      minify: false,
      rolldownOptions: { input: { main: join(ROOT, "src/edge/main.ts"), "compute-entry": join(ROOT, "src/edge/compute-entry.ts") }, output: { entryFileNames: "[name].js" } },
    },
  });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

export interface EdgeProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has written to stderr so far. */
  readonly logs: () => string;
  readonly exited: Promise<number | null>;
}

export function startProcess(folder: string, ...words: readonly string[]): Promise<EdgeProcess> {
  const child = spawn(process.execPath, [join(folder, "main.js"), "--port", "0", "--host", "127.0.0.1", ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let logs = "";
  child.stderr.on("data", (chunk: Buffer) => (logs += chunk.toString()));
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const url = /Cutlayer is at (\S+)\//.exec(said)?.[1];
      if (url !== undefined) resolve({ url, child, logs: () => logs, exited });
    });
    void exited.then((code) => reject(new Error(`it ended with code ${String(code)}: ${logs}`)));
  });
}
