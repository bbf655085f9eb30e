/**
 * Other people's runtimes that the floor is raced against, at exact versions. They are no
 * dependencies of the project: node-llama-cpp has hundreds of megabytes of optional binaries. So a
 * benchmark that wants them installs them into `.cache/peers` when they are not there, says so, and
 * goes on without them where the registry cannot be reached.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { unwrap } from "#core/run/failure.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { ggufOf, type GgufPrecision } from "#tools/gguf.ts";

const LLAMA_VERSION = "3.22.1";
const WLLAMA_VERSION = "3.13.0";
/** The one binary of node-llama-cpp that this machine needs, compiled for the CPU. */
const LLAMA_BINARY: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "darwin-arm64": "mac-arm64-metal",
  "darwin-x64": "mac-x64",
  "win32-x64": "win-x64",
  "win32-arm64": "win-arm64",
};

export interface Peers {
  readonly folder: string;
  /** What node-llama-cpp's own entry exports. */
  llama(): Promise<LlamaModule>;
  /** The model as a GGUF file. */
  gguf(precision: GgufPrecision): string;
}

/** As much of node-llama-cpp as is used here. */
export interface LlamaModule {
  getLlama(options: Readonly<Record<string, unknown>>): Promise<{
    loadModel(options: { readonly modelPath: string }): Promise<{
      createContext(options: Readonly<Record<string, number>>): Promise<{ getSequence(): LlamaSequence }>;
    }>;
  }>;
}

export interface LlamaSequence {
  clearHistory(): Promise<void>;
  evaluate(ids: readonly number[], options: Readonly<Record<string, unknown>>): AsyncGenerator<number, void>;
}

/** Null, said on the console, where they are not there and cannot be fetched. */
export async function openPeers(root: string, model: string): Promise<Peers | null> {
  const folder = join(root, ".cache/peers");
  if (!(await installed(folder))) return null;
  const gguf = (precision: GgufPrecision): string => join(folder, `${model}-${precision}.gguf`);
  const source = unwrap(await openModelFolder(join(root, "public/models", model)));
  for (const precision of ["f32", "f16"] as const) await writeFile(gguf(precision), await ggufOf(source, precision));
  const entry = pathToFileURL(join(folder, "node_modules/node-llama-cpp/dist/index.js")).href;
  return {
    folder,
    gguf,
    llama: async () => (await import(/* @vite-ignore */ entry)) as LlamaModule, // whose types are not installed here
  };
}

async function installed(folder: string): Promise<boolean> {
  const binary = LLAMA_BINARY[`${process.platform}-${process.arch}`];
  if (binary === undefined) {
    console.warn(`No llama.cpp for ${process.platform} on ${process.arch}: its arms are left out.`);
    return false;
  }
  const packages = [
    `node-llama-cpp@${LLAMA_VERSION}`,
    `@node-llama-cpp/${binary}@${LLAMA_VERSION}`,
    `@wllama/wllama@${WLLAMA_VERSION}`,
  ];
  const mark = join(folder, `installed ${packages.join(" ").replaceAll("/", "+")}`);
  if (existsSync(mark)) return true;
  console.log(`Installing ${packages.join(", ")} into ${folder}, for this benchmark alone.`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  const { status } = spawnSync(
    "npm",
    ["install", "--prefix", folder, "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", ...packages],
    { stdio: "inherit", shell: process.platform === "win32" },
  );
  if (status === 0) await writeFile(mark, "");
  else console.warn("The registry cannot be reached, or does not have them: the arms against llama.cpp are left out.");
  return status === 0;
}
